/** What can go wrong with a file, as words that programs compare; the page has the words that people read. */
export type ErrorCode =
  /** no bytes */
  | "empty"
  /** neither a picture nor a video */
  | "not-media"
  /** damaged or cut short */
  | "unreadable"
  /** a picture or video of a kind that this browser cannot decode */
  | "unsupported"
  /** more bytes, pixels or seconds than the limits */
  | "too-large"
  /** the browser alters what pages read of pictures, to hide who uses it, and there is no other way to read them */
  | "altered-pixels"
  /** the browser lacks what this needs */
  | "old-browser"
  /** the device has too little memory */
  | "memory"
  /** the page changed its mind */
  | "cancelled"
  /** a fault of ours */
  | "failed";

/** A file was not fingerprinted.  The message is for developers and never says anything of the file. */
export class FingerprintError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = code) {
    super(message);
    this.name = "FingerprintError";
    this.code = code;
  }
}

/** The code of whatever was thrown. */
export function codeOfError(thrown: unknown): ErrorCode {
  if (thrown instanceof FingerprintError) return thrown.code;
  if (thrown instanceof RangeError) return "memory"; // what an array that cannot be had throws
  if (thrown instanceof DOMException && thrown.name === "QuotaExceededError") return "memory";
  // The file was moved or changed since it was chosen, or is on a disk that is gone.
  if (thrown instanceof DOMException && /^Not(Readable|Found)Error$/.test(thrown.name)) return "unreadable";
  return "failed";
}
