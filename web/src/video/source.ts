/** Where a video's frames come from; the ways differ in what a browser can do. */
import type { Luma } from "../luma.ts";

/** A frame that may be looked at before it is let go. */
export interface Shown {
  /** seconds since the beginning */
  readonly atS: number;
  /** as stored or upright, full range; each call reads it anew */
  luma(): Promise<Luma>;
  upright(luma: Luma): Luma;
}

export interface VideoSource {
  /** set upright */
  readonly width: number;
  readonly height: number;
  /** as the header has it */
  readonly durationS: number;
  /** Frames in the order of time, all of them or enough to sample from; each is let go when the next is asked for. */
  frames(): AsyncGenerator<Shown>;
  /** The frame that is seen at a time. */
  at(atS: number): Promise<Luma | null>;
  close(): void;
}
