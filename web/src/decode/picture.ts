/** A picture file to its luma, decoded by the browser, or for HEIC by libheif where the browser cannot. */
import { FingerprintError } from "../errors.ts";
import type { Luma } from "../luma.ts";
import { type PictureKind, claimedSize } from "./kinds.ts";
import { setUpright } from "./orientation.ts";
import { DECODED_AS_STORED, lumaOfBitmap } from "./readers.ts";

/** Of a picture, which a browser decodes whole, in four bytes a pixel. */
export const MAX_PIXELS = 100_000_000;
/** Of a picture file. */
export const MAX_PICTURE_BYTES = 256 * 1024 ** 2;

/** Kinds that not every browser knows; a file of another kind that cannot be decoded is damaged. */
const NOT_EVERYWHERE = new Set<PictureKind>(["tiff", "heic", "avif"]);

/** The luma of a picture, set upright.  head: its first bytes.  Throws: FingerprintError. */
export async function decodePicture(file: Blob, kind: PictureKind, head: Uint8Array): Promise<Luma> {
  const claimed = claimedSize(head, kind);
  if (file.size > MAX_PICTURE_BYTES) throw new FingerprintError("too-large");
  if (claimed !== null && claimed.width * claimed.height > MAX_PIXELS) throw new FingerprintError("too-large");
  let bitmap: ImageBitmap;
  try {
    // The type is what the bytes say: a renamed file comes with another.
    bitmap = await createImageBitmap(new Blob([file], { type: `image/${kind}` }), DECODED_AS_STORED);
  } catch {
    if (kind === "heic") return decodeHeic(file);
    throw new FingerprintError(NOT_EVERYWHERE.has(kind) ? "unsupported" : "unreadable");
  }
  if (bitmap.width * bitmap.height > MAX_PIXELS) {
    bitmap.close();
    throw new FingerprintError("too-large");
  }
  const luma = await lumaOfBitmap(bitmap);
  return kind === "webp" || kind === "png" ? setUpright(luma, file, kind) : luma;
}

async function decodeHeic(file: Blob): Promise<Luma> {
  let heic: typeof import("./heic.ts");
  try {
    heic = await import("./heic.ts");
  } catch {
    throw new FingerprintError("unsupported", "libheif is not here");
  }
  return heic.decodeHeic(new Uint8Array(await file.arrayBuffer()));
}
