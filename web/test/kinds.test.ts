import { expect, test } from "vitest";
import { claimedSize, sniff } from "../src/decode/kinds.ts";

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? Array.from(part, (letter) => letter.charCodeAt(0)) : part)),
  );
const ftyp = (...brands: string[]): Uint8Array =>
  bytes([0, 0, 0, 12 + 4 * brands.length], "ftyp", brands[0] ?? "", [0, 0, 0, 0], brands.slice(1).join(""));

test.each([
  ["jpeg", bytes([0xff, 0xd8, 0xff, 0xe0])],
  ["png", bytes("\x89PNG\r\n\x1a\n")],
  ["gif", bytes("GIF89a")],
  ["webp", bytes("RIFF", [0, 0, 0, 0], "WEBP")],
  ["bmp", bytes("BM")],
  ["tiff", bytes("II*\0")],
  ["heic", ftyp("heic", "mif1")],
  ["heic", ftyp("mif1", "heic")],
  ["avif", ftyp("avif", "mif1")],
  ["avif", ftyp("mif1", "avif")],
  ["mp4", ftyp("isom", "mp42")],
  ["mov", ftyp("qt  ")],
  ["mov", bytes([0, 0, 0, 8], "moov")],
  ["webm", bytes([0x1a, 0x45, 0xdf, 0xa3], "....webm")],
  ["mkv", bytes([0x1a, 0x45, 0xdf, 0xa3], "....matroska")],
  ["avi", bytes("RIFF", [0, 0, 0, 0], "AVI ")],
  ["mpeg", bytes([0, 0, 1, 0xba])],
])("%s is known by its bytes", (kind, head) => {
  expect(sniff(head)?.kind).toBe(kind);
});

test.each([["text"], ["%PDF-1.7"], ["PK\x03\x04"], [""], ["G and no second packet"]])("%j is no media", (text) => {
  expect(sniff(bytes(text))).toBeNull();
});

test("a JPEG's size stands behind whatever a camera wrote before it", () => {
  const exif = bytes([0xff, 0xe1, 0x01, 0x02], "\0".repeat(256));
  const frame = bytes([0xff, 0xc2, 0, 17, 8, 0x0b, 0xb8, 0x0f, 0xa0, 3], "\0".repeat(12));
  expect(claimedSize(bytes([0xff, 0xd8], [...exif], [...frame]), "jpeg")).toEqual({ height: 3000, width: 4000 });
});

test("the largest picture in a HEIC file counts", () => {
  const ispe = (width: number, height: number): number[] => [
    ...bytes([0, 0, 0, 20], "ispe", [0, 0, 0, 0, 0, 0, width >> 8, width & 255, 0, 0, height >> 8, height & 255]),
  ];
  const head = bytes([...ftyp("heic")], ispe(512, 512), ispe(4032, 3024), ispe(320, 240));
  expect(claimedSize(head, "heic")).toEqual({ width: 4032, height: 3024 });
});

test.each([
  ["VP8X", [...bytes("VP8X", [10, 0, 0, 0, 0, 0, 0, 0, 0x8f, 1, 0, 0x2b, 1, 0])], 400, 300],
  ["VP8L", [...bytes("VP8L", [0, 0, 0, 0, 0x2f, 0x8f, 0xc1, 0x4a, 0])], 400, 300],
])("a WebP's size is read from %s", (_, chunk, width, height) => {
  expect(claimedSize(bytes("RIFF", [0, 0, 0, 0], "WEBP", chunk), "webp")).toEqual({ width, height });
});
