/** A decoded frame to its luma: the Y plane where there is one, full range, set upright.  `docs/video.md`. */
import { lumaOfBitmap, lumaOfRgba, overWhite } from "../decode/readers.ts";
import { FingerprintError } from "../errors.ts";
import type { Luma } from "../luma.ts";
import { mirrored, quarterTurn } from "../pdq/turns.ts";

/** How a frame is to be turned: quarter turns clockwise, then left and right changed. */
export interface Turn {
  readonly degrees: number;
  readonly isFlipped: boolean;
}

let isTrue: Promise<boolean> | null = null;

/** Whether a known frame is read as it is; `decode/readers.ts` says why it might not be. */
async function framesAreTrue(): Promise<boolean> {
  const [codedWidth, codedHeight] = [64, 48];
  const known = Uint8Array.from({ length: (codedWidth * codedHeight * 3) / 2 }, (_, at) => 16 + ((at * 167) % 219));
  const frame = new VideoFrame(known, { format: "I420", codedWidth, codedHeight, timestamp: 0 });
  try {
    const read = new Uint8Array(frame.allocationSize());
    await frame.copyTo(read);
    return read.length === known.length && read.every((value, at) => value === known[at]);
  } catch {
    return false;
  } finally {
    frame.close();
  }
}

const BLACK = 16; // of limited range
const SPAN = 219;
const STRETCHED = Uint8Array.from({ length: 256 }, (_, value) =>
  Math.min(Math.max(Math.round(((value - BLACK) * 255) / SPAN), 0), 255),
);

/** The luma of a frame as stored, full range.  The frame stays open.  Throws: FingerprintError("altered-pixels"). */
export async function lumaOfFrame(frame: VideoFrame): Promise<Luma> {
  isTrue ??= framesAreTrue();
  if (!(await isTrue)) throw new FingerprintError("altered-pixels");
  const format: string | null = frame.format;
  if (format === null) return lumaOfBitmap(await createImageBitmap(frame)); // its pixels are the graphics card's own
  const rect = frame.visibleRect ?? { x: 0, y: 0, width: frame.codedWidth, height: frame.codedHeight };
  const { width, height } = rect;
  const buffer = new Uint8Array(frame.allocationSize({ rect }));
  const plane = (await frame.copyTo(buffer, { rect }))[0] ?? { offset: 0, stride: 0 };
  const pixels = new Uint8Array(width * height);
  const bits = /P(10|12)$/.exec(format)?.[1];
  const hasPlane = format.startsWith("I4") || format === "NV12";
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    const from = plane.offset + y * plane.stride;
    if (bits !== undefined) highestEight(new DataView(buffer.buffer, from), Number(bits), row);
    else if (hasPlane) row.set(buffer.subarray(from, from + width));
    else lumaOfColours(buffer.subarray(from, from + 4 * width), format, row);
  }
  if (hasPlane && frame.colorSpace.fullRange !== true) {
    for (let at = 0; at < pixels.length; at++) pixels[at] = STRETCHED[pixels[at] ?? 0] ?? 0;
  }
  return { height, width, pixels };
}

export function turned(luma: Luma, { degrees, isFlipped }: Turn): Luma {
  let upright = luma;
  for (let left = (360 - degrees) % 360; left > 0; left -= 90) upright = quarterTurn(upright); // which is to the left
  return isFlipped ? mirrored(upright) : upright;
}

function highestEight(samples: DataView, bits: number, row: Uint8Array): void {
  for (let x = 0; x < row.length; x++) row[x] = samples.getUint16(2 * x, true) >> (bits - 8);
}

/** Of RGBA, RGBX, BGRA or BGRX. */
function lumaOfColours(line: Uint8Array, format: string, row: Uint8Array): void {
  if (format.startsWith("BGR")) {
    for (let at = 0; at < line.length; at += 4) line.set([line[at + 2] ?? 0, line[at + 1] ?? 0, line[at] ?? 0], at);
  }
  lumaOfRgba(format.endsWith("A") ? overWhite(line) : line, row);
}
