/**
 * PDQ's sampled picture in the reference's order of float32 operations, so that it gives the reference's bits.
 *
 * Source: facebook/ThreatExchange, `pdq/cpp/downscaling`; `unseen/fingerprint/pdq_kernels.py` is the same in Python.
 * A sum or product of two float32 in double precision, rounded to float32 when it is stored, is the float32 one.
 */
import type { Luma } from "../luma.ts";

/** Of the sampled picture. */
export const SIDE = 64;

/** Width of one pass of the box filter along an axis of `dim` pixels: half a sampled cell, rounded up. */
export function boxWindow(dim: number): number {
  return Math.floor((dim + 2 * SIDE - 1) / (2 * SIDE));
}

/** The pixel that stands for cell `index` of 64 along an axis of `dim` pixels: the cell's centre. */
export function sampleAt(index: number, dim: number): number {
  return Math.floor(((index + 0.5) * dim) / SIDE);
}

/** Blur and sample: two passes of the box filter along both axes, then the centre of each of 64x64 cells. */
export function decimate(luma: Luma): Float32Array {
  const { height, width, pixels } = luma;
  if (height === SIDE && width === SIDE) return Float32Array.from(pixels);
  const narrow = new Float32Array(height * SIDE);
  const across = boxWindow(width);
  const counts = boxCounts(width, across);
  const second = new Float32Array(width);
  filteredDown(luma, (row, y) => {
    sumRow(row, across, second);
    for (let column = 0; column < SIDE; column++) {
      const x = sampleAt(column, width);
      narrow[y * SIDE + column] = second[x]! / counts[x]!;
    }
  });
  return lastColumns(narrow, height);
}

/** The first filter along the rows, then the first down the columns; each row that is ready goes to `take`. */
function filteredDown(luma: Luma, take: (row: Float32Array, y: number) => void): void {
  const { height, width, pixels } = luma;
  const across = boxWindow(width);
  const down = boxWindow(height);
  const ahead = (down + 2) >> 1;
  const behind = down - ahead;
  const counts = boxCounts(width, across);
  const countsDown = boxCounts(height, down);
  const ring = Array.from({ length: down + 1 }, () => new Float32Array(width)); // rows still in the window
  const line = new Float32Array(width);
  const sums = new Float32Array(width);
  const total = new Float32Array(width);
  const row = new Float32Array(width);
  const enter = (y: number): void => {
    const place = ring[y % ring.length]!;
    for (let x = 0; x < width; x++) line[x] = pixels[y * width + x]!;
    sumRow(line, across, sums);
    for (let x = 0; x < width; x++) place[x] = sums[x]! / counts[x]!;
    for (let x = 0; x < width; x++) total[x]! += place[x]!;
  };
  for (let y = 0; y < Math.min(ahead - 1, height); y++) enter(y);
  for (let y = 0; y < height; y++) {
    // A row that leaves was entered a window before the one that enters, which takes another place in the ring.
    const entering = y + ahead - 1;
    if (entering < height) enter(entering);
    const leaving = y - behind - 1;
    if (leaving >= 0) {
      const place = ring[leaving % ring.length]!;
      for (let x = 0; x < width; x++) total[x]! -= place[x]!;
    }
    const count = countsDown[y]!;
    for (let x = 0; x < width; x++) row[x] = total[x]! / count;
    take(row, y);
  }
}

/** How many pixels the filter averages at each position: the window, fewer at the ends. */
function boxCounts(dim: number, window: number): Float32Array {
  const ahead = (window + 2) >> 1;
  const behind = window - ahead;
  const counts = new Float32Array(dim);
  for (let at = 0; at < dim; at++) counts[at] = Math.min(at + ahead, dim) - Math.max(at - behind, 0);
  return counts;
}

/** Running sums of the box filter along a row. */
function sumRow(row: Float32Array, window: number, sums: Float32Array): void {
  const width = row.length;
  const ahead = (window + 2) >> 1;
  const behind = window - ahead;
  let total = 0;
  for (let at = 0; at < ahead - 1; at++) total = Math.fround(total + row[at]!);
  for (let at = 0; at < width; at++) {
    const entering = at + ahead - 1;
    const leaving = at - behind - 1;
    if (entering < width) total = Math.fround(total + row[entering]!);
    if (leaving >= 0) total = Math.fround(total - row[leaving]!);
    sums[at] = total;
  }
}

/** The second filter down the columns, kept at the sampled rows only.  narrow: height x 64. */
function lastColumns(narrow: Float32Array, height: number): Float32Array {
  const window = boxWindow(height);
  const ahead = (window + 2) >> 1;
  const behind = window - ahead;
  const counts = boxCounts(height, window);
  const sampled = new Float32Array(SIDE * SIDE);
  const total = new Float32Array(SIDE);
  for (let at = 0; at < ahead - 1; at++) addRow(total, narrow, at, 1);
  for (let at = 0, cell = 0; at < height; at++) {
    if (at + ahead - 1 < height) addRow(total, narrow, at + ahead - 1, 1);
    if (at - behind - 1 >= 0) addRow(total, narrow, at - behind - 1, -1);
    for (; cell < SIDE && sampleAt(cell, height) === at; cell++) {
      for (let column = 0; column < SIDE; column++) sampled[cell * SIDE + column] = total[column]! / counts[at]!;
    }
  }
  return sampled;
}

function addRow(total: Float32Array, rows: Float32Array, row: number, sign: 1 | -1): void {
  for (let column = 0; column < SIDE; column++) total[column]! += sign * rows[row * SIDE + column]!;
}
