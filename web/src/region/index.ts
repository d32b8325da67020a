/**
 * Region fingerprints: codes of what surrounds a picture's keypoints, which survive crops, collages and screenshots.
 *
 * `docs/region-fingerprint.md` is the specification; the same luma gives the same bits as in Python, which
 * `vectors/region` holds it to.  Start with `regionsOf`.
 */
import type { Luma } from "../luma.ts";
import { codePair, detailOf, distinct } from "./codes.ts";
import { isCommon } from "./common.ts";
import { type Square, photographedIn } from "./drawn.ts";
import { type Keypoint, keypoints } from "./keypoints.ts";
import { patchesOf } from "./patches.ts";
import { octaves } from "./scale-space.ts";
import { chosen } from "./selection.ts";
import { LEAST_SCALE, SIGMAS, SIZE_STEPS, SPAN } from "./tables.ts";

/** A patch with less in it looks like too many others. */
const MIN_DETAIL = 30;

/** How closely a picture is looked at. */
export interface Plan {
  /** regions at most */
  readonly most: number;
  /** pixels that a larger picture is shrunk to */
  readonly longSide: number;
}

/** For what is to be found again: few regions, large enough to survive in a small copy. */
export const BANKED: Plan = { most: 96, longSide: 800 };

export interface Region {
  readonly keypoint: Keypoint;
  /** 512ths of a turn */
  readonly turn: number;
  /** 0 to 100 */
  readonly detail: number;
  /** 32 bytes each: of the picture, and of the mirrored one */
  readonly codes: readonly [Uint8Array, Uint8Array];
  /** where it is, in 32 bits; `docs/region-fingerprint.md`, 9 */
  readonly geometry: number;
}

/** The regions of a picture, the most telling first; second directions of a region after all first ones. */
export function regionsOf(luma: Luma, plan: Plan): Region[] {
  const space = octaves(luma, plan.longSide);
  const { height, width } = space[0]![1]!;
  const longer = Math.max(luma.height, luma.width);
  const pixel = longer / Math.max(height, width); // of the working picture, in the luma's
  const isPhotographed = photographedIn(luma);
  const photographed = keypoints(space).filter((each) => isPhotographed(squareOf(each, pixel)));
  const candidates = chosen(photographed, height, width, Math.floor((plan.most * 3) / 2));
  const firsts: Region[] = [];
  const seconds: Region[] = [];
  for (const keypoint of candidates) {
    patchesOf(space[keypoint.octave - 1]!, keypoint).forEach(({ samples, turn }, way) => {
      const detail = detailOf(samples);
      if (detail < MIN_DETAIL) return;
      const geometry = packed(squareOf(keypoint, pixel), turn, longer);
      (way === 0 ? firsts : seconds).push({ keypoint, turn, detail, codes: codePair(samples), geometry });
    });
  }
  const all = [...firsts, ...seconds];
  const kept = distinct(
    all.map((each) => each.codes[0]),
    plan.most,
  );
  return kept.map((row) => all[row]!);
}

/**
 * A picture's regions as a bank keeps them: the codes, distinct, ascending by their bytes, then where each is in four
 * bytes; null where it has none.  listed: from `commonRegions`.
 */
export function bankedRegions(luma: Luma, listed: Uint32Array): Uint8Array | null {
  const kept = regionsOf(luma, BANKED).filter((region) => !isCommon(region.codes, listed));
  if (kept.length === 0) return null;
  kept.sort((one, other) => compared(one.codes[0], other.codes[0])); // no two are equal: `distinct` saw to that
  const record = new Uint8Array(36 * kept.length);
  const view = new DataView(record.buffer);
  kept.forEach((region, at) => {
    record.set(region.codes[0], 32 * at);
    view.setUint32(32 * kept.length + 4 * at, region.geometry);
  });
  return record;
}

function compared(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length; at++) {
    if (one[at] !== other[at]) return one[at]! - other[at]!;
  }
  return 0;
}

/** A keypoint's patch in pixels of the luma, rounded to single precision. */
function squareOf({ octave, x, y, scale }: Keypoint, pixel: number): Square {
  const size = (1 << octave) * pixel;
  return {
    x: Math.fround((x / 16) * size + pixel / 2),
    y: Math.fround((y / 16) * size + pixel / 2),
    side: Math.fround((SIGMAS[scale - LEAST_SCALE]! / 65536) * size * SPAN),
  };
}

/** Where a region is, of 32 bits: x 10, y 10, size 5, direction 7. */
function packed(square: Square, turn: number, longer: number): number {
  const place = (at: number): number => Math.min(Math.max(Math.floor(at * (1024 / longer)), 0), 1023);
  const side = Math.floor(square.side * ((1 << 20) / longer));
  const size = SIZE_STEPS.filter((step) => step <= side).length;
  const direction = Math.floor(((turn + 2) * 128) / 512) % 128;
  return place(square.x) * 2 ** 22 + place(square.y) * 2 ** 12 + size * 128 + direction;
}
