/**
 * The sampled picture of every way it can be turned, as linear algebra: one weighted sum per cell.
 *
 * The box filter and the sampling are linear and separable, so that the sampled picture is R luma C^T; turning the
 * picture over an axis takes that axis's reversed weights.  `unseen/fingerprint/grid.py` is the same in Python.
 */
import type { Luma } from "../luma.ts";
import { SIDE, boxWindow, sampleAt } from "./sampling.ts";

/** How much each pixel of an axis weighs in each of the 64 cells, then in those of the reversed axis. */
interface AxisWeights {
  /** the first pixel of each of 128 bands */
  readonly starts: Int32Array;
  /** 128 x band */
  readonly weights: Float32Array;
  readonly band: number;
}

/**
 * Eight sampled pictures (64 x 64): upright, turned by 90, 180 and 270 degrees counterclockwise, mirrored, and the
 * mirrored one turned so.
 */
export function viewGrids(luma: Luma): Float32Array[] {
  const cells = weighed(luma, axisWeights(luma.height), axisWeights(luma.width));
  const cell = (column: number, row: number): number => cells[column * 2 * SIDE + row]!;
  const view = (at: (row: number, column: number) => number): Float32Array =>
    Float32Array.from({ length: SIDE * SIDE }, (_, place) => at(place >> 6, place & 63));
  return [
    view((row, column) => cell(column, row)),
    view((row, column) => cell(SIDE + row, column)),
    view((row, column) => cell(SIDE + column, SIDE + row)),
    view((row, column) => cell(row, SIDE + column)),
    view((row, column) => cell(SIDE + column, row)),
    view((row, column) => cell(row, column)),
    view((row, column) => cell(column, SIDE + row)),
    view((row, column) => cell(SIDE + row, SIDE + column)),
  ];
}

function axisWeights(dim: number): AxisWeights {
  const window = boxWindow(dim);
  const ahead = (window + 2) >> 1;
  const behind = window - ahead;
  const band = Math.min(2 * window + 4, dim);
  const starts = new Int32Array(2 * SIDE);
  const weights = new Float32Array(2 * SIDE * band);
  for (let cell = 0; cell < SIDE; cell++) {
    const at = sampleAt(cell, dim);
    const first = Math.max(at - behind, 0);
    const last = Math.min(at + ahead, dim);
    const low = Math.max(first - behind, 0);
    const high = Math.min(last - 1 + ahead, dim);
    const start = Math.max(Math.min(low - 1, dim - band), 0);
    const startReversed = Math.max(Math.min(dim - high - 1, dim - band), 0);
    starts[cell] = start;
    starts[cell + SIDE] = startReversed;
    const steps = new Float64Array(high - low + 1); // of the weight, from each pixel to the next
    for (let inner = first; inner < last; inner++) {
      const innerLow = Math.max(inner - behind, 0);
      const innerHigh = Math.min(inner + ahead, dim);
      const share = 1 / ((last - first) * (innerHigh - innerLow));
      steps[innerLow - low]! += share;
      steps[innerHigh - low]! -= share;
    }
    let weight = 0;
    for (let pixel = low; pixel < high; pixel++) {
      weight += steps[pixel - low]!;
      weights[cell * band + pixel - start] = weight;
      weights[(cell + SIDE) * band + dim - 1 - pixel - startReversed] = weight;
    }
  }
  return { starts, weights, band };
}

/** The four products of both axes' weights, as they are and reversed: 128 x 128, column cells first. */
function weighed(luma: Luma, rows: AxisWeights, columns: AxisWeights): Float32Array {
  const { height, width, pixels } = luma;
  const lines = new Float32Array(2 * SIDE * width);
  for (let cell = 0; cell < 2 * SIDE; cell++) {
    const start = rows.starts[cell]!;
    const line = lines.subarray(cell * width, (cell + 1) * width);
    for (let offset = 0; offset < Math.min(rows.band, height - start); offset++) {
      const weight = rows.weights[cell * rows.band + offset]!;
      const from = (start + offset) * width;
      if (weight !== 0) {
        for (let x = 0; x < width; x++) line[x]! += Math.fround(weight * pixels[from + x]!);
      }
    }
  }
  const cells = new Float32Array(4 * SIDE * SIDE);
  for (let column = 0; column < 2 * SIDE; column++) {
    const start = columns.starts[column]!;
    const band = Math.min(columns.band, width - start);
    for (let row = 0; row < 2 * SIDE; row++) {
      let sum = 0;
      for (let offset = 0; offset < band; offset++) {
        const weight = columns.weights[column * columns.band + offset]!;
        sum = Math.fround(sum + Math.fround(weight * lines[row * width + start + offset]!));
      }
      cells[column * 2 * SIDE + row] = sum;
    }
  }
  return cells;
}
