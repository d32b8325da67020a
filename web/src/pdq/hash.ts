/** A sampled picture to its code and quality.  Source: facebook/ThreatExchange, `pdq/cpp/hashing`. */
import { TRANSFORM } from "./cosines.ts";
import { SIDE } from "./sampling.ts";

/** The 32 bytes of a sampled picture (64 x 64 float32), most significant bit first. */
export function codeOf(sampled: Float32Array): Uint8Array {
  const coefficients = cosineTransform(sampled);
  const median = coefficients.slice().sort()[127]!; // of 256, the lower of the two in the middle
  const code = new Uint8Array(32);
  for (let at = 0; at < 256; at++) {
    if (coefficients[at]! > median) code[(255 - at) >> 3]! |= 128 >> ((255 - at) & 7);
  }
  return code;
}

/** How much there is to see, 0 to 100: the sum of the gradients of the sampled picture, each truncated. */
export function qualityOf(sampled: Float32Array): number {
  let gradients = 0;
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const here = sampled[row * SIDE + column]!;
      if (row + 1 < SIDE) gradients += step(here, sampled[(row + 1) * SIDE + column]!);
      if (column + 1 < SIDE) gradients += step(here, sampled[row * SIDE + column + 1]!);
    }
  }
  return Math.min(Math.floor(gradients / 90), 100);
}

function step(one: number, other: number): number {
  return Math.abs(Math.trunc(Math.fround(Math.fround(Math.fround(one - other) * 100) / 255)));
}

/** 16 x 16 coefficients, down first; each sum from its first term to its last in float32. */
function cosineTransform(sampled: Float32Array): Float32Array {
  const half = new Float32Array(16 * SIDE);
  for (let row = 0; row < 16; row++) {
    for (let at = 0; at < SIDE; at++) {
      const factor = TRANSFORM[row * SIDE + at]!;
      for (let column = 0; column < SIDE; column++) {
        half[row * SIDE + column]! += Math.fround(factor * sampled[at * SIDE + column]!);
      }
    }
  }
  const coefficients = new Float32Array(256);
  for (let row = 0; row < 16; row++) {
    for (let column = 0; column < 16; column++) {
      let sum = 0;
      for (let at = 0; at < SIDE; at++) {
        sum = Math.fround(sum + Math.fround(half[row * SIDE + at]! * TRANSFORM[column * SIDE + at]!));
      }
      coefficients[row * 16 + column] = sum;
    }
  }
  return coefficients;
}
