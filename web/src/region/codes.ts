/** A patch's code, PDQ's idea on 32x32 samples, and its mirrored patch's; how much detail it has; what differs enough. */
import { FREQUENCIES, SIDE, TRANSFORM } from "./tables.ts";

/** Regions of a picture that are closer are one thing repeated, and kept once. */
const MIN_APART_BITS = 32;
const ROWS = 18;
/** Samples along a side of a cell; 8x8 cells a patch. */
const CELL = 4;
/** Between the darkest and the brightest sample of a cell that counts, 1/64 grey levels... */
const LEAST_RANGE = 128;
/** ...and that part of the patch's own range. */
const SHARE = 16;
/** Equal parts of the patch's range. */
const GREYS = 32;
/** Of a grey that counts: what lies between two flat areas has fewer. */
const LEAST_SAMPLES = 16;
const ENOUGH_GREYS = 20;

/** The code of a patch (32 bytes), and of the same patch of the mirrored picture. */
export function codePair(samples: Int32Array): readonly [Uint8Array, Uint8Array] {
  const found = coefficients(samples);
  const values = Float64Array.from(FREQUENCIES, ({ down, across }) => found[down * ROWS + across]!);
  const mirrored = values.map((value, bit) => (FREQUENCIES[bit]!.down % 2 === 1 ? -value : value));
  return [aboveMedian(values), aboveMedian(mirrored)];
}

function aboveMedian(values: Float64Array): Uint8Array {
  const median = values.slice().sort()[127]!;
  const code = new Uint8Array(32);
  for (let bit = 0; bit < 256; bit++) {
    if (values[bit]! > median) code[bit >> 3]! |= 128 >> (bit & 7);
  }
  return code;
}

/** The cosine transform of a patch, 18 x 18: whole numbers below 2 ** 53, so no order of additions changes them. */
function coefficients(samples: Int32Array): Float64Array {
  const half = new Float64Array(ROWS * SIDE);
  for (let k = 0; k < ROWS; k++) {
    for (let down = 0; down < SIDE; down++) {
      const factor = TRANSFORM[k * SIDE + down]!;
      for (let across = 0; across < SIDE; across++) half[k * SIDE + across]! += factor * samples[down * SIDE + across]!;
    }
  }
  const found = new Float64Array(ROWS * ROWS);
  for (let k = 0; k < ROWS; k++) {
    for (let j = 0; j < ROWS; j++) {
      let sum = 0;
      for (let across = 0; across < SIDE; across++) sum += TRANSFORM[j * SIDE + across]! * half[k * SIDE + across]!;
      found[k * ROWS + j] = sum;
    }
  }
  return found;
}

/** The share of the patch's cells with some contrast, 0 to 100; less where it has few greys. */
export function detailOf(samples: Int32Array): number {
  let darkest = Infinity;
  let brightest = -Infinity;
  const ranges: number[] = [];
  for (let top = 0; top < SIDE; top += CELL) {
    for (let left = 0; left < SIDE; left += CELL) {
      let low = Infinity;
      let high = -Infinity;
      for (let down = top; down < top + CELL; down++) {
        for (let across = left; across < left + CELL; across++) {
          const sample = samples[down * SIDE + across]!;
          low = Math.min(low, sample);
          high = Math.max(high, sample);
        }
      }
      ranges.push(high - low);
      darkest = Math.min(darkest, low);
      brightest = Math.max(brightest, high);
    }
  }
  const spread = brightest - darkest;
  const least = Math.max(Math.floor(spread / SHARE), LEAST_RANGE);
  const busy = ranges.filter((range) => range >= least).length;
  const counts = new Uint16Array(GREYS);
  for (const sample of samples) counts[Math.floor(((sample - darkest) * GREYS) / (spread + 1))]! += 1;
  const greys = counts.filter((count) => count >= LEAST_SAMPLES).length;
  return Math.floor((100 * busy * Math.min(greys, ENOUGH_GREYS)) / (ranges.length * ENOUGH_GREYS));
}

/** Codes as 32-bit words, to be compared: n x 8. */
export function wordsOf(codes: readonly Uint8Array[]): Uint32Array {
  const bytes = new Uint8Array(32 * codes.length);
  codes.forEach((code, at) => {
    bytes.set(code, 32 * at);
  });
  return new Uint32Array(bytes.buffer);
}

/** Bits that differ between a row of one and a row of the other. */
export function apart(one: Uint32Array, row: number, other: Uint32Array, otherRow: number): number {
  let bits = 0;
  for (let at = 0; at < 8; at++) bits += ones(one[8 * row + at]! ^ other[8 * otherRow + at]!);
  return bits;
}

/** How many bits are set.  Source: H. Warren, "Hacker's Delight", 2nd edition, 5-1. */
function ones(word: number): number {
  let counts = word - ((word >>> 1) & 0x55555555);
  counts = (counts & 0x33333333) + ((counts >>> 2) & 0x33333333);
  return Math.imul((counts + (counts >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Rows of codes that differ from every one kept before, at most `most`: a wall of bricks has few. */
export function distinct(codes: readonly Uint8Array[], most: number): number[] {
  const words = wordsOf(codes);
  const kept: number[] = [];
  for (let row = 0; row < codes.length && kept.length < most; row++) {
    if (kept.every((before) => apart(words, row, words, before) >= MIN_APART_BITS)) kept.push(row);
  }
  return kept;
}
