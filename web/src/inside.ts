/** A fingerprinter for a page that is a single file: the worker is inside the script, as text. */
import source from "worker-inside";
import { Fingerprinter } from "./fingerprinter.ts";

/** A fingerprinter whose worker needs no other file. */
export function startFingerprinterInside(): Fingerprinter {
  return new Fingerprinter(() => {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    URL.revokeObjectURL(address);
    return worker;
  });
}
