/** How far Python reduces a picture while decoding it; its regions are looked for in what is left. */
import { type Luma, blockMeans } from "../luma.ts";

/** The short side is kept at least this long... */
const REDUCED_SIDE = 256;
/** ...and the long side, where regions are looked for. */
const LONG_SIDE = 1280;

/** Block means by 8, 4 or 2, the most that leaves both sides long enough. */
export function reduced(luma: Luma): Luma {
  const side = [8, 4, 2].find((block) => {
    const [shorter, longer] = [Math.min(luma.height, luma.width), Math.max(luma.height, luma.width)];
    return Math.ceil(shorter / block) >= REDUCED_SIDE && Math.ceil(longer / block) >= LONG_SIDE;
  });
  return side === undefined ? luma : blockMeans(luma, side);
}
