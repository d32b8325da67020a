/** Pictures really turned. */
import type { Luma } from "../luma.ts";

/** Left and right changed. */
export function mirrored({ height, width, pixels }: Luma): Luma {
  const turned = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned[y * width + x] = pixels[y * width + width - 1 - x]!;
  }
  return { height, width, pixels: turned };
}

/** By 90 degrees counterclockwise: the last column becomes the first row. */
export function quarterTurn({ height, width, pixels }: Luma): Luma {
  const turned = new Uint8Array(pixels.length);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) turned[y * height + x] = pixels[x * width + width - 1 - y]!;
  }
  return { height: width, width: height, pixels: turned };
}
