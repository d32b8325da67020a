/**
 * What was drawn, not photographed: screens, text and graphics are flat where they have no edge, and look alike in
 * unrelated pictures.  `docs/region-fingerprint.md`, 8.1.
 */
import type { Luma } from "../luma.ts";

/** Of a square's pixels; in photographs 3 regions of 100 have as many. */
const DRAWN_FLAT_PERCENT = 40;

/** An upright square, in pixels of the luma, as single-precision numbers give it. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** Tells which squares of a picture have less than `DRAWN_FLAT_PERCENT` of pixels as their right and lower neighbour. */
export function photographedIn({ height, width, pixels }: Luma): (square: Square) => boolean {
  const above = new Uint32Array((height + 1) * (width + 1)); // flat pixels above and to the left
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (y + 1 < height && x + 1 < width && pixels[at] === pixels[at + 1] && pixels[at] === pixels[at + width]) row++;
      above[(y + 1) * (width + 1) + x + 1] = above[y * (width + 1) + x + 1]! + row;
    }
  }
  return ({ x, y, side }) => {
    const left = within(x - side / 2, width);
    const right = within(x + side / 2, width) + 1;
    const top = within(y - side / 2, height) * (width + 1);
    const bottom = (within(y + side / 2, height) + 1) * (width + 1);
    const flat = above[bottom + right]! + above[top + left]! - above[top + right]! - above[bottom + left]!;
    const all = ((bottom - top) / (width + 1)) * (right - left);
    return Math.floor((100 * flat) / all) < DRAWN_FLAT_PERCENT;
  };
}

function within(at: number, side: number): number {
  return Math.min(Math.max(Math.floor(at), 0), side - 1);
}
