/**
 * Keypoints: where the difference of two neighbouring blurs is largest or smallest around, in place and in scale.
 *
 * Source: D. Lowe, IJCV 60 (2004), sections 3.1 and 4; `docs/region-fingerprint.md`, 3.  Extrema are found in whole
 * numbers and refined once in doubles, with + - * / alone and in the order written.
 */
import type { Level, Octave } from "./scale-space.ts";
import { LEAST_SCALE, LEVELS, SIGMAS } from "./tables.ts";

/** Of an extremum, in 1/64 grey levels. */
const LEAST_CONTRAST = 32;
/** (r + 1) ** 2 / r for a ratio r = 10 of the curvatures: beyond, it is an edge. */
const MOST_EDGE = 121 / 10;

export interface Keypoint {
  /** from 1 */
  readonly octave: number;
  /** 1/16 pixel of the octave */
  readonly x: number;
  readonly y: number;
  /** 1/16 level, 8 to 56 */
  readonly scale: number;
  /** the contrast in 1/64 grey levels */
  readonly strength: number;
}

/** The keypoints of a scale space: fine octaves first, in each by level, row and column. */
export function keypoints(space: readonly Octave[]): Keypoint[] {
  return space.slice(1).flatMap((octave, before) => extrema(octave, before + 1));
}

function extrema(octave: Octave, number: number): Keypoint[] {
  const { height, width } = octave[0]!;
  const differences = octave.slice(1).map((level, before) => difference(level, octave[before]!));
  const found: Keypoint[] = [];
  for (let level = 1; level <= LEVELS; level++) {
    const here = differences[level]!;
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1, at = y * width + 1; x < width - 1; x++, at++) {
        const value = here[at]!;
        if (value < LEAST_CONTRAST && value > -LEAST_CONTRAST) continue;
        if (!isExtremum(differences, level, at, width)) continue;
        const refined = refine(differences, level, at, width);
        if (refined !== null) {
          found.push({
            octave: number,
            x: Math.floor((x + refined.ox) * 16 + 0.5),
            y: Math.floor((y + refined.oy) * 16 + 0.5),
            scale: refined.scale,
            strength: refined.strength,
          });
        }
      }
    }
  }
  return found;
}

function difference(level: Level, before: Level): Int16Array {
  const step = new Int16Array(level.pixels.length);
  for (let at = 0; at < step.length; at++) step[at] = level.pixels[at]! - before.pixels[at]!;
  return step;
}

/** Whether no neighbour in place and scale is beyond the pixel, and the one to its left falls short of it. */
function isExtremum(differences: readonly Int16Array[], level: number, at: number, width: number): boolean {
  const here = differences[level]!;
  const sign = here[at]! > 0 ? 1 : -1;
  const value = sign * here[at]!;
  if (sign * here[at - 1]! >= value || sign * here[at + 1]! > value) return false;
  for (let near = level - 1; near <= level + 1; near++) {
    const around = differences[near]!;
    for (let row = at - width; row <= at + width; row += width) {
      if (sign * around[row - 1]! > value || sign * around[row]! > value || sign * around[row + 1]! > value) {
        return false;
      }
    }
  }
  return true;
}

interface Refined {
  readonly ox: number;
  readonly oy: number;
  readonly scale: number;
  readonly strength: number;
}

/** Fit a parabola through the neighbours: the offset solves H o = -g by Cramer's rule. */
function refine(differences: readonly Int16Array[], s: number, at: number, width: number): Refined | null {
  const d = differences[s]!;
  const finer = differences[s - 1]!;
  const coarser = differences[s + 1]!;
  const c = d[at]!;
  const gx = (d[at + 1]! - d[at - 1]!) * 0.5;
  const gy = (d[at + width]! - d[at - width]!) * 0.5;
  const gs = (coarser[at]! - finer[at]!) * 0.5;
  const xx = d[at + 1]! + d[at - 1]! - 2 * c;
  const yy = d[at + width]! + d[at - width]! - 2 * c;
  const ss = coarser[at]! + finer[at]! - 2 * c;
  const xy = (d[at + width + 1]! - d[at + width - 1]! - d[at - width + 1]! + d[at - width - 1]!) * 0.25;
  const xs = (coarser[at + 1]! - coarser[at - 1]! - finer[at + 1]! + finer[at - 1]!) * 0.25;
  const ys = (coarser[at + width]! - coarser[at - width]! - finer[at + width]! + finer[at - width]!) * 0.25;
  const trace = xx + yy;
  const flat = xx * yy - xy * xy;
  if (flat <= 0 || trace * trace > MOST_EDGE * flat) return null;
  const a = yy * ss - ys * ys;
  const b = xs * ys - xy * ss;
  const e = xy * ys - xs * yy;
  const whole = xx * a + xy * b + xs * e;
  if (whole === 0) return null;
  const ox = -(a * gx + b * gy + e * gs) / whole;
  const oy = -(b * gx + (xx * ss - xs * xs) * gy + (xy * xs - xx * ys) * gs) / whole;
  const os = -(e * gx + (xy * xs - xx * ys) * gy + flat * gs) / whole;
  if (!(Math.abs(ox) <= 1 && Math.abs(oy) <= 1 && Math.abs(os) <= 1)) return null;
  const scale = Math.floor((s + os) * 16 + 0.5);
  const contrast = Math.abs(c + 0.5 * (gx * ox + gy * oy + gs * os));
  if (scale < LEAST_SCALE || scale >= LEAST_SCALE + SIGMAS.length || contrast < LEAST_CONTRAST) return null;
  return { ox, oy, scale, strength: Math.floor(contrast) };
}
