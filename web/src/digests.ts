/** SHA-256 and MD5 of a file, read piece by piece. */
import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

const PIECE_BYTES = 4 * 1024 ** 2;

export interface Digests {
  readonly sha256: Uint8Array;
  readonly md5: Uint8Array;
}

/** onProgress: told the share that is read, 0 to 1. */
export async function digestsOf(file: Blob, onProgress: (share: number) => void): Promise<Digests> {
  const hashes = [sha256.create(), md5.create()] as const;
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const piece = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
    for (const hash of hashes) hash.update(piece);
    onProgress(Math.min((at + PIECE_BYTES) / file.size, 1));
  }
  return { sha256: hashes[0].digest(), md5: hashes[1].digest() };
}
