/** Regions that everyone has: text, keys, icons, frames, patterns.  `docs/region-fingerprint.md`, 8.2. */
import { apart, wordsOf } from "./codes.ts";

/** A region as near to a listed one is common. */
const COMMON_RADIUS_BITS = 56;
/** Of the list; another list has another number. */
const VERSION = 1;
const NEWLINE = 10;

/** The listed codes, n x 8 words.  file: `common.bin`, a line of JSON and the codes.  Throws where it is damaged. */
export function commonRegions(file: Uint8Array): Uint32Array {
  const end = file.indexOf(NEWLINE);
  const about = JSON.parse(new TextDecoder().decode(file.subarray(0, end))) as { version: number; codes: number };
  const body = file.slice(end + 1);
  if (about.version !== VERSION || body.length !== 32 * about.codes) {
    throw new Error(`not the list of common regions of version ${VERSION}`);
  }
  return new Uint32Array(body.buffer);
}

/** Whether a region is near a listed one, as it is or mirrored. */
export function isCommon(codes: readonly [Uint8Array, Uint8Array], listed: Uint32Array): boolean {
  const words = wordsOf(codes);
  for (let row = 0; row < listed.length / 8; row++) {
    if (apart(words, 0, listed, row) <= COMMON_RADIUS_BITS) return true;
    if (apart(words, 1, listed, row) <= COMMON_RADIUS_BITS) return true;
  }
  return false;
}
