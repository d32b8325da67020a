/**
 * EXIF orientation where not every browser heeds it: in WebP and PNG.
 *
 * Whether this one does is seen from a picture of 2 x 1 pixels whose EXIF asks for a quarter turn.
 * Source: Exif 2.32 (CIPA DC-008), 4.6.4, tag 0x0112; RFC 9649; W3C PNG, 11.3.4.3.
 */
import type { Luma } from "../luma.ts";
import { mirrored, quarterTurn } from "../pdq/turns.ts";
import { DECODED_AS_STORED } from "./readers.ts";

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
/** 2 x 1 pixels, to be turned by 90 degrees. */
const PROBES = {
  webp: "UklGRk4AAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TA4AAAAvAQAAAAcQEf0PRET/A0VYSUYaAAAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAA=",
  png: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAAAAAAANZnS2kAAAALSURBVHicY2BgAAAAAwABuK06YwAAAABJRU5ErkJggg==",
};
/** How the stored pixels become upright, for each value of the tag: mirrored first, then quarter turns to the left. */
const UPRIGHT = [
  { isMirrored: false, quarters: 0 },
  { isMirrored: true, quarters: 0 },
  { isMirrored: false, quarters: 2 },
  { isMirrored: true, quarters: 2 },
  { isMirrored: true, quarters: 1 },
  { isMirrored: false, quarters: 3 },
  { isMirrored: true, quarters: 3 },
  { isMirrored: false, quarters: 1 },
];

/** The luma as the file's EXIF says, where the browser did not turn it already. */
export async function setUpright(luma: Luma, file: Blob, kind: "webp" | "png"): Promise<Luma> {
  const exif = await (kind === "webp" ? exifOfWebp(file) : exifOfPng(file));
  const { isMirrored, quarters } = UPRIGHT[orientationOf(exif) - 1] ?? { isMirrored: false, quarters: 0 };
  if ((!isMirrored && quarters === 0) || (await isHeeded(kind))) return luma;
  let upright = isMirrored ? mirrored(luma) : luma;
  for (let turns = 0; turns < quarters; turns++) upright = quarterTurn(upright);
  return upright;
}

async function isHeeded(kind: keyof typeof PROBES): Promise<boolean> {
  const bytes = Uint8Array.from(atob(PROBES[kind]), (letter) => letter.charCodeAt(0));
  const probe = await createImageBitmap(new Blob([bytes], { type: `image/${kind}` }), DECODED_AS_STORED);
  const isTurned = probe.height === 2;
  probe.close();
  return isTurned;
}

/** Of the chunk `EXIF`, which may stand behind the picture; empty where there is none. */
async function exifOfWebp(file: Blob): Promise<Uint8Array> {
  for (let at = 12; at + 8 <= file.size;) {
    const head = await bytesOf(file, at, 8);
    const size = new DataView(head.buffer).getUint32(4, true);
    if (String.fromCharCode(...head.subarray(0, 4)) === "EXIF") return bytesOf(file, at + 8, size);
    at += 8 + size + (size & 1);
  }
  return new Uint8Array();
}

/** Of the chunk `eXIf` before the picture; empty where there is none. */
async function exifOfPng(file: Blob): Promise<Uint8Array> {
  for (let at = 8; at + 8 <= file.size;) {
    const head = await bytesOf(file, at, 8);
    const size = new DataView(head.buffer).getUint32(0);
    const name = String.fromCharCode(...head.subarray(4));
    if (name === "IDAT") break;
    if (name === "eXIf") return bytesOf(file, at + 8, size);
    at += 12 + size;
  }
  return new Uint8Array();
}

async function bytesOf(file: Blob, at: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(at, at + size).arrayBuffer());
}

/** 1 to 8; 1 where it states none, or nothing sensible.  exif: a TIFF header and what follows. */
export function orientationOf(exif: Uint8Array): number {
  const named = String.fromCharCode(...exif.subarray(0, 6)) === "Exif\0\0" ? exif.subarray(6) : exif;
  const order = String.fromCharCode(...named.subarray(0, 2));
  if (order !== "II" && order !== "MM") return 1;
  const tiff = new DataView(named.buffer, named.byteOffset, named.byteLength);
  const isLittle = order === "II";
  const short = (at: number): number => (at + 2 <= tiff.byteLength ? tiff.getUint16(at, isLittle) : 0);
  const directory = tiff.byteLength >= 8 ? tiff.getUint32(4, isLittle) : 0;
  for (let entry = directory + 2, left = short(directory); left > 0 && entry + 12 <= tiff.byteLength; entry += 12) {
    if (short(entry) === ORIENTATION_TAG && short(entry + 2) === SHORT) {
      const value = short(entry + 8);
      return value >= 1 && value <= 8 ? value : 1;
    }
    left--;
  }
  return 1;
}
