/**
 * The two ways to read a decoded picture's pixels, and how to know that a browser does not alter them.
 *
 * Browsers that hide who uses them (Tor, Brave, Firefox's resist mode, Safari's private windows) change what a page
 * reads back from a canvas, by a few bits or altogether.  So before a picture is read, a known one is decoded and read
 * in the same way; a way that gives anything else is not used.
 */
import { FingerprintError } from "../errors.ts";
import type { Luma } from "../luma.ts";

/** Reads a bitmap, strip by strip, as red, green, blue over white, and a fourth byte that says nothing. */
interface Reader {
  read(bitmap: ImageBitmap, take: (top: number, rgba: Uint8Array | Uint8ClampedArray) => void): Promise<void>;
}

/** Read at a time, so that no canvas is larger than phones allow and no copy is ever whole. */
const STRIP_PIXELS = 1024 ** 2;

const canvasReader: Reader = {
  read(bitmap, take) {
    const rows = rowsOfStrip(bitmap);
    const canvas = new OffscreenCanvas(bitmap.width, rows);
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (context === null) return Promise.reject(new FingerprintError("memory", "no canvas"));
    context.imageSmoothingEnabled = false;
    for (let top = 0; top < bitmap.height; top += rows) {
      const height = Math.min(rows, bitmap.height - top);
      context.fillStyle = "white";
      context.fillRect(0, 0, bitmap.width, rows);
      context.drawImage(bitmap, 0, top, bitmap.width, height, 0, 0, bitmap.width, height);
      take(top, context.getImageData(0, 0, bitmap.width, height).data);
    }
    return Promise.resolve();
  },
};

/** Through WebCodecs, which those protections leave alone. */
const frameReader: Reader = {
  async read(bitmap, take) {
    const frame = new VideoFrame(bitmap, { timestamp: 0, alpha: "keep" });
    try {
      const rows = rowsOfStrip(bitmap);
      const buffer = new Uint8Array(4 * bitmap.width * rows);
      for (let top = 0; top < bitmap.height; top += rows) {
        const height = Math.min(rows, bitmap.height - top);
        const rect = { x: 0, y: top, width: bitmap.width, height };
        await frame.copyTo(buffer, { rect, format: "RGBA", layout: [{ offset: 0, stride: 4 * bitmap.width }] });
        take(top, overWhite(buffer.subarray(0, 4 * bitmap.width * height)));
      }
    } finally {
      frame.close();
    }
  },
};

/** The luma of a bitmap, which is closed.  Throws: FingerprintError("altered-pixels") where no way reads true. */
export async function lumaOfBitmap(bitmap: ImageBitmap): Promise<Luma> {
  try {
    const { width, height } = bitmap;
    const pixels = new Uint8Array(width * height);
    const reader = await trueReader();
    await reader.read(bitmap, (top, rgba) => {
      lumaOfRgba(rgba, pixels.subarray(top * width));
    });
    return { height, width, pixels };
  } finally {
    bitmap.close();
  }
}

/** ITU-R BT.601, rounded as Pillow does it. */
export function lumaOfRgba(rgba: Uint8Array | Uint8ClampedArray, pixels: Uint8Array): void {
  for (let at = 0, from = 0; from < rgba.length; at++, from += 4) {
    pixels[at] =
      ((rgba[from] ?? 0) * 19595 + (rgba[from + 1] ?? 0) * 38470 + (rgba[from + 2] ?? 0) * 7471 + 32768) >> 16;
  }
}

async function trueReader(): Promise<Reader> {
  const ways = typeof VideoFrame === "undefined" ? [canvasReader] : [canvasReader, frameReader];
  for (const way of ways) {
    if (await readsTrue(way)) return way;
  }
  throw new FingerprintError("altered-pixels");
}

const CANARY_WIDTH = 96;
const CANARY_HEIGHT = 64;

/** Whether a known picture, decoded as a file is, is read as it is. */
async function readsTrue(reader: Reader): Promise<boolean> {
  const drawn = canary();
  try {
    const bitmap = await createImageBitmap(bmpOf(drawn), DECODED_AS_STORED);
    let isSame = bitmap.width === CANARY_WIDTH && bitmap.height === CANARY_HEIGHT;
    await reader.read(bitmap, (top, rgba) => {
      for (let at = 0; at < rgba.length; at += 4) {
        const from = top * CANARY_WIDTH * 4 + at;
        isSame &&= rgba[at] === drawn[from] && rgba[at + 1] === drawn[from + 1] && rgba[at + 2] === drawn[from + 2];
      }
    });
    bitmap.close();
    return isSame;
  } catch {
    return false; // some protections refuse instead
  }
}

/** The pixels as the file has them, set upright; an embedded profile is not applied, as in Python. */
export const DECODED_AS_STORED: ImageBitmapOptions = {
  colorSpaceConversion: "none",
  imageOrientation: "from-image",
  premultiplyAlpha: "default",
};

/** Red, green, blue, 255: no two neighbours alike, since an even canvas is left alone by some protections. */
function canary(): Uint8Array {
  const pixels = new Uint8Array(4 * CANARY_WIDTH * CANARY_HEIGHT).fill(255);
  let state = 1;
  for (let at = 0; at < pixels.length; at++) {
    if (at % 4 === 3) continue;
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    pixels[at] = 16 + ((state >> 16) % 224);
  }
  return pixels;
}

/** An uncompressed picture file that every browser reads: BITMAPFILEHEADER, BITMAPINFOHEADER, rows from below. */
function bmpOf(rgba: Uint8Array): Blob {
  const head = 54;
  const file = new Uint8Array(head + 3 * CANARY_WIDTH * CANARY_HEIGHT); // rows of 288 bytes need no filling up
  const view = new DataView(file.buffer);
  view.setUint16(0, 0x424d);
  view.setUint32(2, file.length, true);
  view.setUint32(10, head, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, CANARY_WIDTH, true);
  view.setInt32(22, CANARY_HEIGHT, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0, at = head; y < CANARY_HEIGHT; y++) {
    for (let x = 0; x < CANARY_WIDTH; x++, at += 3) {
      const from = 4 * ((CANARY_HEIGHT - 1 - y) * CANARY_WIDTH + x);
      file.set([rgba[from + 2] ?? 0, rgba[from + 1] ?? 0, rgba[from] ?? 0], at);
    }
  }
  return new Blob([file], { type: "image/bmp" });
}

/** Changes the pixels, whose alpha is not multiplied in, to what they look like over white. */
export function overWhite<T extends Uint8Array | Uint8ClampedArray>(rgba: T): T {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 255;
    if (alpha === 255) continue;
    for (let part = at; part < at + 3; part++) {
      rgba[part] = Math.floor(((rgba[part] ?? 0) * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return rgba;
}

function rowsOfStrip(bitmap: ImageBitmap): number {
  return Math.min(bitmap.height, Math.max(Math.floor(STRIP_PIXELS / bitmap.width), 1));
}
