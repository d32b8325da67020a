/** What `index.ts` has for a page that is a single file: the worker is inside the script, as text. */
import source from "worker-inside";
import { Fingerprinter } from "./fingerprinter.ts";

export { FingerprintError } from "./errors.ts";
export { Fingerprinter, canFingerprint } from "./fingerprinter.ts";

/** A fingerprinter whose worker needs no other file. */
export function startFingerprinter(): Fingerprinter {
  return new Fingerprinter(() => {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    URL.revokeObjectURL(address);
    return worker;
  });
}
