/**
 * Fingerprints of pictures and videos, made on the person's own device: what pages use.
 *
 * Nothing of a file leaves the device here, nothing is stored, nothing is logged.
 */
import { Fingerprinter } from "./fingerprinter.ts";

export { type ErrorCode, FingerprintError } from "./errors.ts";
export { Fingerprinter, type Job, canFingerprint } from "./fingerprinter.ts";
export type { Fingerprint, Made, Note, Wish } from "./messages.ts";

/** A fingerprinter whose worker is the file `worker.js` beside this one. */
export function startFingerprinter(): Fingerprinter {
  return new Fingerprinter(() => new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
}
