/** HEIC where the browser cannot: libheif in WebAssembly, loaded only then. */
import libheif from "libheif-js/libheif-wasm/libheif-bundle.mjs";
import { FingerprintError } from "../errors.ts";
import type { Luma } from "../luma.ts";
import { lumaOfRgba, overWhite } from "./readers.ts";

/** The luma of the primary picture, turned as the file says.  Throws: FingerprintError. */
export async function decodeHeic(file: Uint8Array): Promise<Luma> {
  const images = new (libheif().HeifDecoder)().decode(file);
  try {
    const image = images.find((each) => each.is_primary() !== 0) ?? images[0];
    if (image === undefined) throw new FingerprintError("unreadable");
    const [width, height] = [image.get_width(), image.get_height()];
    const data = new Uint8ClampedArray(4 * width * height);
    await new Promise<void>((resolve, reject) => {
      image.display({ data, width, height }, (filled) => {
        if (filled === null) reject(new FingerprintError("unreadable"));
        else resolve();
      });
    });
    const pixels = new Uint8Array(width * height);
    lumaOfRgba(image.has_alpha_channel() !== 0 ? overWhite(data) : data, pixels);
    return { height, width, pixels };
  } finally {
    for (const image of images) image.free();
  }
}
