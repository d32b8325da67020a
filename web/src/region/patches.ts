/**
 * Patches: what surrounds a keypoint, brought to one size, one shape and one direction.
 *
 * Around each keypoint 32x32 samples are taken, half a sigma apart.  Their gradients say how the surroundings are
 * stretched; that is undone, twice over, and their commonest direction turned to the right.
 * `docs/region-fingerprint.md`, 5.
 */
import type { Keypoint } from "./keypoints.ts";
import type { Level, Octave } from "./scale-space.ts";
import { ANGLES, LEAST_SCALE, SIDE, SIGMAS, SPAN, WINDOW, cosine } from "./tables.ts";

/** Of undoing the stretch. */
const ROUNDS = 2;
/** Of the shape: axes in ratio 4; what is longer is taken for an edge, and left round. */
const MOST_TRACE = 2.5;
/** Determinant of the moments over their squared trace: below, there is but one direction. */
const LEAST_ROUND = 0.0001;
/** Of the histogram of directions. */
const BINS = 32;
const TURNS_PER_BIN = 16;

export interface Patch {
  /** 32 x 32, 1/64 grey levels */
  readonly samples: Int32Array;
  /** 512ths of a turn, from right over down */
  readonly turn: number;
}

type Matrix = readonly [number, number, number, number];
type Symmetric = readonly [xx: number, xy: number, yy: number];

/** The patches of a keypoint, one for each direction that its surroundings have: 0 to 2.  finer: the next finer octave. */
export function patchesOf(finer: Octave, keypoint: Keypoint): Patch[] {
  const level = Math.min(Math.max((keypoint.scale + 8) >> 4, 1), 3);
  const around = new Around(finer[level]!, keypoint);
  const [xx, xy, yy] = shapeOf(around);
  const samples = around.take([xx, xy, xy, yy]);
  return directions(samples).map((turn) => {
    const cos = cosine(turn);
    const sin = cosine(turn - 128);
    const turned: Matrix = [
      (xx * cos + xy * sin) / 16384,
      (xy * cos - xx * sin) / 16384,
      (xy * cos + yy * sin) / 16384,
      (yy * cos - xy * sin) / 16384,
    ];
    return { samples: around.take(turned), turn };
  });
}

/** What surrounds a keypoint in the next finer octave. */
class Around {
  private readonly image: Level;
  private readonly x: number; // 1/65536 pixel
  private readonly y: number;
  private readonly step: number; // half of the distance of two samples, in 1/65536 pixel

  constructor(image: Level, keypoint: Keypoint) {
    this.image = image;
    this.x = keypoint.x * 8192;
    this.y = keypoint.y * 8192;
    this.step = SIGMAS[keypoint.scale - LEAST_SCALE]! * (SPAN / SIDE);
  }

  /** Sample bilinearly at the odd places from -31 to 31 that the matrix takes them to; edges are repeated outwards. */
  take(matrix: Matrix): Int32Array {
    const [a, b, c, d] = matrix.map((entry) => Math.floor(this.step * entry + 0.5)) as unknown as Matrix;
    const { height, width, pixels } = this.image;
    const right = (width - 1) * 65536 - 1;
    const bottom = (height - 1) * 65536 - 1;
    const samples = new Int32Array(SIDE * SIDE);
    for (let down = 0; down < SIDE; down++) {
      const v = 2 * down - (SIDE - 1);
      for (let across = 0; across < SIDE; across++) {
        const u = 2 * across - (SIDE - 1);
        const atX = Math.min(Math.max(this.x + a * u + b * v, 0), right);
        const atY = Math.min(Math.max(this.y + c * u + d * v, 0), bottom);
        const at = (atY >> 16) * width + (atX >> 16);
        const along = (atX >> 8) & 255;
        const below = (atY >> 8) & 255;
        const upper = pixels[at]! * (256 - along) + pixels[at + 1]! * along;
        const lower = pixels[at + width]! * (256 - along) + pixels[at + width + 1]! * along;
        samples[down * SIDE + across] = (upper * (256 - below) + lower * below + 32768) >> 16;
      }
    }
    return samples;
  }
}

/** The sums of gx gx, gx gy and gy gy over the patch, weighted by the window; gradients span two samples. */
function moments(samples: Int32Array): Symmetric {
  let xx = 0; // whole numbers below 2 ** 53, so that no order of additions changes them
  let xy = 0;
  let yy = 0;
  for (let down = 1; down < SIDE - 1; down++) {
    for (let at = down * SIDE + 1; at < (down + 1) * SIDE - 1; at++) {
      const weight = WINDOW[at]!;
      const gx = samples[at + 1]! - samples[at - 1]!;
      const gy = samples[at + SIDE]! - samples[at - SIDE]!;
      xx += weight * gx * gx;
      xy += weight * gx * gy;
      yy += weight * gy * gy;
    }
  }
  return [xx, xy, yy];
}

/** The symmetric matrix of determinant 1 that makes a round patch of the keypoint's surroundings. */
function shapeOf(around: Around): Symmetric {
  let [a, b, c, d] = [1, 0, 0, 1];
  for (let round = 0; round < ROUNDS; round++) {
    const [sumXx, sumXy, sumYy] = moments(around.take([a, b, c, d]));
    const total = sumXx + sumYy;
    if (total === 0) return [1, 0, 1];
    const [x, between, y] = [sumXx / total, sumXy / total, sumYy / total];
    const area = x * y - between * between;
    if (area <= LEAST_ROUND) return [1, 0, 1];
    const scale = Math.sqrt(area);
    // the inverse square root of the moments, its determinant made 1
    const [p, q, r] = root(y / scale, -between / scale, x / scale);
    [a, b, c, d] = [a * p + b * q, a * q + b * r, c * p + d * q, c * q + d * r];
  }
  const [xx, xy, yy] = root(a * a + b * b, a * c + b * d, c * c + d * d);
  return xx + yy > MOST_TRACE ? [1, 0, 1] : [xx, xy, yy];
}

/** The square root of a symmetric positive matrix of determinant 1. */
function root(xx: number, xy: number, yy: number): Symmetric {
  const scale = Math.sqrt(xx + yy + 2);
  return [(xx + 1) / scale, xy / scale, (yy + 1) / scale];
}

/** The commonest direction of the gradients, and the second if it is nearly as common; none for a flat patch. */
function directions(samples: Int32Array): number[] {
  let counts = histogram(samples);
  for (let round = 0; round < 2; round++) {
    const rough = counts;
    counts = rough.map((here, at) => rough[(at + BINS - 1) % BINS]! + 2 * here + rough[(at + 1) % BINS]!);
  }
  let first = -1;
  let second = -1;
  for (let at = 0; at < BINS; at++) {
    const here = counts[at]!;
    if (here > counts[(at + BINS - 1) % BINS]! && here >= counts[(at + 1) % BINS]!) {
      if (first < 0 || here > counts[first]!) {
        second = first;
        first = at;
      } else if (second < 0 || here > counts[second]!) {
        second = at;
      }
    }
  }
  if (first < 0) return [];
  if (second < 0 || 5 * counts[second]! < 4 * counts[first]!) return [peak(counts, first)];
  return [peak(counts, first), peak(counts, second)];
}

/** How much gradient there is in each direction; whole numbers below 2 ** 53. */
function histogram(samples: Int32Array): Float64Array {
  const counts = new Float64Array(BINS);
  for (let down = 1; down < SIDE - 1; down++) {
    for (let at = down * SIDE + 1; at < (down + 1) * SIDE - 1; at++) {
      const gx = samples[at + 1]! - samples[at - 1]!;
      const gy = samples[at + SIDE]! - samples[at - SIDE]!;
      const weight = WINDOW[at]! * Math.floor(Math.sqrt(gx * gx + gy * gy));
      if (weight === 0) continue;
      const angle = angleOf(gx, gy);
      const share = angle & 63;
      counts[angle >> 6]! += weight * (64 - share);
      counts[((angle >> 6) + 1) % BINS]! += weight * share;
    }
  }
  return counts;
}

/** The direction of a vector that is not zero, in 2048ths of a turn, from right over down. */
function angleOf(x: number, y: number): number {
  const across = Math.abs(x);
  const down = Math.abs(y);
  let angle: number = ANGLES[Math.floor((256 * Math.min(across, down)) / Math.max(across, down))]!;
  if (across < down) angle = 512 - angle;
  if (x < 0) angle = 1024 - angle;
  if (y < 0) angle = -angle;
  return (angle + 2048) % 2048;
}

/** Where the parabola through a bin and its neighbours is highest, in 512ths of a turn. */
function peak(counts: Float64Array, at: number): number {
  const before = counts[(at + BINS - 1) % BINS]!;
  const after = counts[(at + 1) % BINS]!;
  const off = (0.5 * (before - after)) / (before - 2 * counts[at]! + after);
  return (Math.floor((at + off) * TURNS_PER_BIN + 0.5) + 512) % 512;
}
