/** The vectors that the Python tests read too. */
/// <reference types="vite/client" />
import type { Luma } from "../src/luma.ts";

export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly luma_base64: string;
}

export interface PdqVector extends Picture {
  readonly code: string;
  readonly quality: number;
  readonly views: readonly string[];
}

export interface RegionVector extends Picture {
  readonly plan: { readonly most: number; readonly long_side: number };
  readonly octaves: readonly { height: number; width: number; level_sums: readonly number[] }[];
  readonly keypoints: readonly (readonly number[])[];
  readonly chosen: readonly (readonly number[])[];
  readonly photographed: readonly (readonly number[])[];
  readonly regions: readonly {
    keypoint: readonly number[];
    turn: number;
    detail: number;
    geometry: number;
    code: string;
    mirrored_code: string;
  }[];
}

const pdqFiles = import.meta.glob<PdqVector>("../../vectors/pdq/*.json", { eager: true, import: "default" });
const regionFiles = import.meta.glob<RegionVector>("../../vectors/region/*.json", { eager: true, import: "default" });

export const PDQ_VECTORS: readonly [string, PdqVector][] = named(pdqFiles);
export const REGION_VECTORS: readonly [string, RegionVector][] = named(regionFiles);

export function lumaOf(picture: Picture): Luma {
  const pixels = Uint8Array.from(atob(picture.luma_base64), (letter) => letter.charCodeAt(0));
  return { height: picture.height, width: picture.width, pixels };
}

function named<T>(files: Record<string, T>): [string, T][] {
  return Object.entries(files).map(([path, file]) => [path.replace(/^.*\/|\.json$/g, ""), file]);
}
