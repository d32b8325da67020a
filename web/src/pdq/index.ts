/** PDQ, Meta's 256-bit perceptual hash.  Source: facebook/ThreatExchange, `pdq/cpp` and `hashing/hashing.pdf`. */
import type { Luma } from "../luma.ts";
import { codeOf, qualityOf } from "./hash.ts";
import { decimate } from "./sampling.ts";
import { mirrored, quarterTurn } from "./turns.ts";
import { viewGrids } from "./views.ts";

/** A picture narrower than this has an all-zero code and quality 0, as in the reference. */
const MIN_SIDE = 5;
/** A side up to this long has a box filter one pixel wide. */
const UNFILTERED_SIDE = 128;
/** Below this quality PDQ says too little of a picture to compare it. */
export const MIN_QUALITY = 50;

export interface Pdq {
  /** 32 bytes, most significant bit first */
  readonly code: Uint8Array;
  /** 0 to 100 */
  readonly quality: number;
}

/** The code and quality of a picture, bit for bit the reference's for the same luma. */
export function pdq(luma: Luma): Pdq {
  if (Math.min(luma.height, luma.width) < MIN_SIDE) return { code: new Uint8Array(32), quality: 0 };
  const sampled = decimate(luma);
  return { code: codeOf(sampled), quality: qualityOf(sampled) };
}

/** The codes of all eight views in `viewGrids`' order, the upright one as `pdq` has it. */
export function pdqViews(luma: Luma): Uint8Array[] {
  if (Math.min(luma.height, luma.width) < MIN_SIDE) return Array.from({ length: 8 }, () => new Uint8Array(32));
  if (Math.min(luma.height, luma.width) <= UNFILTERED_SIDE)
    return turns(luma).map((turned) => codeOf(decimate(turned)));
  return [decimate(luma), ...viewGrids(luma).slice(1)].map(codeOf);
}

/** The picture really turned, each way in `viewGrids`' order. */
function turns(luma: Luma): Luma[] {
  const turned: Luma[] = [];
  for (const side of [luma, mirrored(luma)]) {
    let view = side;
    for (let quarters = 0; quarters < 4; quarters++) {
      turned.push(view);
      view = quarterTurn(view);
    }
  }
  return turned;
}
