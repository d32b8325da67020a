/**
 * The scale space: a picture at a working size, blurred ever more, each octave at half the size of the last.
 *
 * Everything is whole numbers: pixels are 1/64 of a grey level, kernels sum to 2 ** 14, every pass rounds halves up.
 * Source: D. Lowe, IJCV 60 (2004), section 3; `docs/region-fingerprint.md`, 1 and 2.
 */
import type { Luma } from "../luma.ts";
import { BLURS, LEVELS } from "./tables.ts";

/** Pixels: in a smaller octave no patch fits. */
const MIN_OCTAVE_SIDE = 30;

/** A picture in 1/64 grey levels. */
export interface Level {
  readonly height: number;
  readonly width: number;
  readonly pixels: Int16Array;
}

/** Levels 0 to 5 of one size; of the first octave levels 1 to 3, the others being what nobody reads. */
export type Octave = readonly Level[];

/** The size that a picture is brought to: shrunk to `longSide`, doubled where it fits twice, or as it is. */
export function workingSize(height: number, width: number, longSide: number): { height: number; width: number } {
  const longest = Math.max(height, width);
  if (2 * longest <= longSide) return { height: 2 * height, width: 2 * width };
  if (longest <= longSide) return { height, width };
  const shrunk = (side: number): number => Math.max(Math.floor((2 * side * longSide + longest) / (2 * longest)), 1);
  return { height: shrunk(height), width: shrunk(width) };
}

/** The scale space of a picture, from fine to coarse. */
export function octaves(luma: Luma, longSide: number): Octave[] {
  const { height, width } = workingSize(luma.height, luma.width, longSide);
  const working = height > luma.height ? double(luma) : shrink(luma, height, width);
  const first = blur(working, BLURS[0]!);
  const second = blur(first, BLURS[2]!);
  const found: Octave[] = [[first, first, second, blur(second, BLURS[3]!)]];
  for (let last = found[0]!; Math.min(last[LEVELS]!.height, last[LEVELS]!.width) > 2 * (MIN_OCTAVE_SIDE - 1);) {
    const levels = [halved(last[LEVELS]!)];
    for (let level = 0; level < LEVELS + 2; level++) levels.push(blur(levels[level]!, BLURS[1 + level]!));
    found.push(levels);
    last = levels;
  }
  return found;
}

/** Each pixel the mean of the area it covers, halves rounded up. */
export function shrink(luma: Luma, height: number, width: number): Level {
  const { height: down, width: across, pixels } = luma;
  const shrunk = new Int16Array(height * width);
  if (height === down && width === across) {
    for (let at = 0; at < shrunk.length; at++) shrunk[at] = 64 * pixels[at]!;
    return { height, width, pixels: shrunk };
  }
  const line = new Int32Array(across);
  const area = down * across;
  for (let y = 0; y < height; y++) {
    line.fill(0);
    const top = y * down; // in 1/height of a pixel
    const bottom = top + down;
    for (let row = Math.floor(top / height); row < Math.ceil(bottom / height); row++) {
      const weight = Math.min((row + 1) * height, bottom) - Math.max(row * height, top);
      for (let x = 0, at = row * across; x < across; x++, at++) line[x]! += weight * pixels[at]!;
    }
    for (let x = 0; x < width; x++) {
      const left = x * across;
      const right = left + across;
      let total = 0;
      for (let column = Math.floor(left / width); column < Math.ceil(right / width); column++) {
        total += (Math.min((column + 1) * width, right) - Math.max(column * width, left)) * line[column]!;
      }
      shrunk[y * width + x] = Math.floor((128 * total + area) / (2 * area));
    }
  }
  return { height, width, pixels: shrunk };
}

/** Each pixel as four, each a quarter of the way to its neighbours; edges are repeated. */
function double(luma: Luma): Level {
  const { height: down, width: across, pixels } = luma;
  const doubled = new Int16Array(4 * down * across);
  for (let y = 0; y < 2 * down; y++) {
    const near = (y >> 1) * across;
    const far = Math.min(Math.max((y >> 1) - 1 + 2 * (y & 1), 0), down - 1) * across;
    for (let x = 0; x < 2 * across; x++) {
      const close = x >> 1;
      const off = Math.min(Math.max(close - 1 + 2 * (x & 1), 0), across - 1);
      const mixed = 9 * pixels[near + close]! + 3 * (pixels[near + off]! + pixels[far + close]!) + pixels[far + off]!;
      doubled[y * 2 * across + x] = 4 * mixed;
    }
  }
  return { height: 2 * down, width: 2 * across, pixels: doubled };
}

function halved({ height, width, pixels }: Level): Level {
  const half = { height: (height + 1) >> 1, width: (width + 1) >> 1 };
  const kept = new Int16Array(half.height * half.width);
  for (let y = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) kept[y * half.width + x] = pixels[2 * (y * width + x)]!;
  }
  return { ...half, pixels: kept };
}

/** Convolve with a symmetric kernel, down the columns and then along the rows; edges are repeated outwards. */
export function blur({ height, width, pixels }: Level, kernel: readonly number[]): Level {
  const blurred = new Int16Array(height * width);
  const radius = kernel.length - 1;
  const sums = new Int32Array(width);
  const line = new Int32Array(width + 2 * radius);
  for (let y = 0; y < height; y++) {
    const middle = kernel[0]!;
    for (let x = 0, at = y * width; x < width; x++, at++) sums[x] = 8192 + middle * pixels[at]!;
    for (let off = 1; off <= radius; off++) {
      const weight = kernel[off]!;
      let above = Math.max(y - off, 0) * width;
      let below = Math.min(y + off, height - 1) * width;
      for (let x = 0; x < width; x++, above++, below++) sums[x]! += weight * (pixels[above]! + pixels[below]!);
    }
    for (let x = 0; x < width; x++) line[radius + x] = sums[x]! >> 14;
    line.fill(line[radius]!, 0, radius);
    line.fill(line[radius + width - 1]!, radius + width);
    for (let x = 0; x < width; x++) sums[x] = 8192 + middle * line[radius + x]!;
    for (let off = 1; off <= radius; off++) {
      const weight = kernel[off]!;
      for (let x = 0, before = radius - off, after = radius + off; x < width; x++, before++, after++) {
        sums[x]! += weight * (line[before]! + line[after]!);
      }
    }
    for (let x = 0, at = y * width; x < width; x++, at++) blurred[at] = sums[x]! >> 14;
  }
  return { height, width, pixels: blurred };
}
