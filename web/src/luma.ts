/** The brightness of a picture, ITU-R BT.601, 8 bits, set upright. */
export interface Luma {
  readonly height: number;
  readonly width: number;
  /** height x width, row after row */
  readonly pixels: Uint8Array;
}

/** The mean of each square of `side` x `side` pixels, halves rounded up; at the right and below, of what is left. */
export function blockMeans(luma: Luma, side: number): Luma {
  const height = Math.ceil(luma.height / side);
  const width = Math.ceil(luma.width / side);
  const pixels = new Uint8Array(height * width);
  const sums = new Uint32Array(width);
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    const top = row * side;
    const bottom = Math.min(top + side, luma.height);
    for (let y = top; y < bottom; y++) addRow(luma.pixels.subarray(y * luma.width, (y + 1) * luma.width), side, sums);
    for (let column = 0; column < width; column++) {
      const count = (bottom - top) * (Math.min((column + 1) * side, luma.width) - column * side);
      pixels[row * width + column] = ((sums[column] ?? 0) + (count >> 1)) / count;
    }
  }
  return { height, width, pixels };
}

function addRow(line: Uint8Array, side: number, sums: Uint32Array): void {
  for (let x = 0, column = 0; x < line.length; column++) {
    const end = Math.min(x + side, line.length);
    let sum = 0;
    for (; x < end; x++) sum += line[x] ?? 0;
    sums[column] = (sums[column] ?? 0) + sum;
  }
}
