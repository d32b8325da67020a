/** What the page and its worker say to each other; the worker does one file at a time. */
import type { ErrorCode } from "./errors.ts";

/** A fingerprint as `POST /v1/cases` takes it: hexadecimal, and PDQ's quality. */
export interface Fingerprint {
  readonly kind: "sha256" | "md5" | "pdq" | "region" | "frame";
  readonly code: string;
  readonly quality?: number;
}

/** What the person wants of a file. */
export interface Wish {
  /** whether parts of the picture shall be found, too */
  readonly regions: boolean;
}

export type Note =
  /** too little in it for comparing: only its exact file is found */
  | "featureless"
  /** parts were wished for, and none is telling enough */
  | "no-regions";

/** What was made of a file. */
export interface Made {
  readonly media: "picture" | "video";
  /** as `POST /v1/cases` takes them for one item */
  readonly fingerprints: readonly Fingerprint[];
  /** pixels, set upright */
  readonly width: number;
  readonly height: number;
  /** of a video */
  readonly durationS: number | null;
  readonly notes: readonly Note[];
}

export type ToWorker =
  | { readonly type: "make"; readonly file: Blob; readonly wish: Wish }
  /** what the page's <video> shows, null where it shows nothing */
  | { readonly type: "opened"; readonly opened: Opened | null }
  | { readonly type: "shown"; readonly bitmap: ImageBitmap | null };

/** A video that the page plays for the worker. */
export interface Opened {
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
}

export type ToPage =
  /** 0 to 1, never less than before */
  | { readonly type: "progress"; readonly share: number }
  | { readonly type: "made"; readonly made: Made }
  | { readonly type: "failed"; readonly code: ErrorCode }
  /** asks for what a <video> shows of the file, where the worker cannot decode it */
  | { readonly type: "open" }
  | { readonly type: "show"; readonly atS: number };
