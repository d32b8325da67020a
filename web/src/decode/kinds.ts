/** What a file is, told by its first bytes and never by its name; and how many pixels its header claims. */

export type PictureKind = "jpeg" | "png" | "gif" | "webp" | "bmp" | "tiff" | "heic" | "avif";
export type VideoKind = "mp4" | "mov" | "webm" | "mkv" | "avi" | "mpeg" | "ts" | "ogg";
export type Kind =
  { readonly media: "picture"; readonly kind: PictureKind } | { readonly media: "video"; readonly kind: VideoKind };

/** Bytes from the beginning that `sniff` and `claimedSize` are given: room for what cameras write before the size. */
export const HEAD_BYTES = 1024 ** 2;

const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]);
const AVIF_BRANDS = new Set(["avif", "avis"]);
/** Boxes that an MP4 or QuickTime file may begin with. */
const MOVIE_BOXES = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip"]);
const TS_PACKET_BYTES = 188;

/** The kind of a file, null for anything that is neither picture nor video. */
export function sniff(head: Uint8Array): Kind | null {
  const starts = (magic: string, at = 0): boolean => textAt(head, at, magic.length) === magic;
  if (starts("\xff\xd8\xff")) return picture("jpeg");
  if (starts("\x89PNG\r\n\x1a\n")) return picture("png");
  if (starts("GIF87a") || starts("GIF89a")) return picture("gif");
  if (starts("RIFF") && starts("WEBP", 8)) return picture("webp");
  if (starts("RIFF") && starts("AVI ", 8)) return video("avi");
  if (starts("BM")) return picture("bmp");
  if (["II*\0", "MM\0*", "II+\0", "MM\0+"].some((magic) => starts(magic))) return picture("tiff");
  if (starts("\x1a\x45\xdf\xa3")) return video(textAt(head, 0, 64).includes("webm") ? "webm" : "mkv");
  if (starts("\0\0\x01\xba") || starts("\0\0\x01\xb3")) return video("mpeg");
  if (starts("OggS")) return video("ogg");
  if (starts("G") && starts("G", TS_PACKET_BYTES) && starts("G", 2 * TS_PACKET_BYTES)) return video("ts");
  return MOVIE_BOXES.has(textAt(head, 4, 4)) ? boxed(head) : null;
}

/** By the brands of the `ftyp` box (ISO/IEC 14496-12, 4.3). */
function boxed(head: Uint8Array): Kind {
  if (textAt(head, 4, 4) !== "ftyp") return video("mov");
  const size = Math.min(numberAt(head, 0, 4), 256);
  const major = textAt(head, 8, 4);
  const brands = [major];
  for (let at = 16; at + 4 <= size; at += 4) brands.push(textAt(head, at, 4));
  const isSequence = major === "mif1" || major === "msf1";
  if (AVIF_BRANDS.has(major) || (isSequence && brands.some((brand) => AVIF_BRANDS.has(brand)))) return picture("avif");
  if (HEIC_BRANDS.has(major)) return picture("heic");
  return video(major === "qt  " ? "mov" : "mp4");
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The pixels that a picture's header claims, so that nothing huge is decoded; null where it does not say. */
export function claimedSize(head: Uint8Array, kind: PictureKind): Size | null {
  switch (kind) {
    case "jpeg":
      return jpegSize(head);
    case "png":
      return { width: numberAt(head, 16, 4), height: numberAt(head, 20, 4) };
    case "gif":
      return { width: littleAt(head, 6, 2), height: littleAt(head, 8, 2) };
    case "bmp":
      return bmpSize(head);
    case "webp":
      return webpSize(head);
    case "heic":
    case "avif":
      return boxesSize(head);
    case "tiff":
      return null;
  }
}

/** Of the first frame header (ITU-T T.81, B.2.2). */
function jpegSize(head: Uint8Array): Size | null {
  for (let at = 2; at + 9 < head.length;) {
    const marker = head[at + 1] ?? 0;
    if (head[at] !== 0xff || marker === 0xff || marker === 0) {
      at += 1; // fill bytes
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: numberAt(head, at + 5, 2), width: numberAt(head, at + 7, 2) };
    at += 2 + numberAt(head, at + 2, 2);
  }
  return null;
}

function bmpSize(head: Uint8Array): Size {
  if (littleAt(head, 14, 4) === 12) return { width: littleAt(head, 18, 2), height: littleAt(head, 20, 2) };
  return { width: Math.abs(littleAt(head, 18, 4) | 0), height: Math.abs(littleAt(head, 22, 4) | 0) };
}

/** RFC 9649, 2.5 to 2.7. */
function webpSize(head: Uint8Array): Size | null {
  switch (textAt(head, 12, 4)) {
    case "VP8 ":
      return { width: littleAt(head, 26, 2) & 0x3fff, height: littleAt(head, 28, 2) & 0x3fff };
    case "VP8L": {
      const bits = littleAt(head, 21, 4);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: littleAt(head, 24, 3) + 1, height: littleAt(head, 27, 3) + 1 };
    default:
      return null;
  }
}

/** The largest of the `ispe` properties (ISO/IEC 23008-12, 6.5.3), which every item has one of. */
function boxesSize(head: Uint8Array): Size | null {
  let largest: Size | null = null;
  for (let at = 4; at + 16 <= head.length; at++) {
    if (head[at] !== 0x69 || textAt(head, at, 4) !== "ispe") continue;
    const found = { width: numberAt(head, at + 8, 4), height: numberAt(head, at + 12, 4) };
    if (largest === null || found.width * found.height > largest.width * largest.height) largest = found;
  }
  return largest;
}

function picture(kind: PictureKind): Kind {
  return { media: "picture", kind };
}

function video(kind: VideoKind): Kind {
  return { media: "video", kind };
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** Most significant byte first; bytes that are not there are 0. */
function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let number = 0;
  for (let byte = 0; byte < length; byte++) number = number * 256 + (bytes[at + byte] ?? 0);
  return number;
}

function littleAt(bytes: Uint8Array, at: number, length: number): number {
  let number = 0;
  for (let byte = length - 1; byte >= 0; byte--) number = number * 256 + (bytes[at + byte] ?? 0);
  return number;
}
