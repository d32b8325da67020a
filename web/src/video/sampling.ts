/** Which frames of a video are kept, as `unseen/fingerprint/video` decides it.  `docs/video.md`, "Which frames". */
import type { Luma } from "../luma.ts";

/** One frame is taken of each so many seconds. */
const EVERY_S = 1;
/** Frames after changes of scene are so far apart at least. */
const SCENE_APART_S = 0.25;
/** Mean difference of two frames' thumbs, of 255, that a change of scene has at least... */
const SCENE_STEP = 20;
/** ...and how many times the usual difference. */
const SCENE_TIMES = 3;
/** A frame within so many bits of the last one kept says nothing new... */
const DUPLICATE_BITS = 10;
/** ...unless so much time has passed since. */
const STILL_S = 5;
/** Frames nearer than this to each other have much the same regions. */
const UNLIKE_BITS = 48;
/** Frames of one video whose regions are banked. */
const MOST_REGION_FRAMES = 12;
const THUMB_SIDE = 32;

/** One frame, hashed. */
export interface Frame {
  /** seconds since the video's beginning */
  readonly atS: number;
  readonly code: Uint8Array;
  readonly quality: number;
}

/** Takes the first frame of each second, and the first after each change of scene. */
export class Sampler {
  private tick = -1;
  private shownS = -SCENE_APART_S;
  private before: Uint8Array | null = null;
  private usual = 0; // how much frames differ within a scene

  /** Whether a frame is worth looking at: one whose second has a sample already only shows changes of scene. */
  isDue(atS: number): boolean {
    return Math.floor(atS / EVERY_S) > this.tick || atS - this.shownS >= SCENE_APART_S;
  }

  /** Whether this frame is a sample.  luma: of the frame, perhaps not upright. */
  takes(atS: number, luma: Luma): boolean {
    const isChange = this.isChange(thumbOf(luma)) && atS - this.shownS >= SCENE_APART_S;
    if (!(Math.floor(atS / EVERY_S) > this.tick || isChange)) return false;
    this.tick = Math.floor(atS / EVERY_S);
    this.shownS = atS;
    return true;
  }

  private isChange(now: Uint8Array): boolean {
    const before = this.before;
    this.before = now;
    if (before?.length !== now.length) return true;
    const step = now.reduce((sum, value, at) => sum + Math.abs(value - (before[at] ?? 0)), 0) / now.length;
    const isChange = step > Math.max(SCENE_STEP, SCENE_TIMES * this.usual);
    this.usual += 0.1 * (Math.min(step, 2 * SCENE_STEP) - this.usual);
    return isChange;
  }
}

/** A few pixels spread over a frame, enough to see a change of scene. */
function thumbOf({ height, width, pixels }: Luma): Uint8Array {
  const down = Math.max(Math.floor(height / THUMB_SIDE), 1);
  const across = Math.max(Math.floor(width / THUMB_SIDE), 1);
  const thumb: number[] = [];
  for (let y = down >> 1, rows = 0; y < height && rows < THUMB_SIDE; y += down, rows++) {
    for (let x = across >> 1, columns = 0; x < width && columns < THUMB_SIDE; x += across, columns++) {
      thumb.push(pixels[y * width + x] ?? 0);
    }
  }
  return Uint8Array.from(thumb);
}

/** Without near-duplicates: a frame is over `DUPLICATE_BITS` from the last one kept, or `STILL_S` after it. */
export function worthKeeping(frames: readonly Frame[]): Frame[] {
  const kept: Frame[] = [];
  for (const frame of frames) {
    const last = kept.at(-1);
    const isSoon = last !== undefined && frame.atS - last.atS < STILL_S;
    if (!isSoon || bitsApart(frame.code, last.code) > DUPLICATE_BITS) kept.push(frame);
  }
  return kept;
}

/** Frames that are far from each other, evenly spread where they are too many. */
export function unlike(frames: readonly Frame[]): Frame[] {
  const chosen: Frame[] = [];
  for (const frame of frames) {
    if (chosen.every((before) => bitsApart(frame.code, before.code) > UNLIKE_BITS)) chosen.push(frame);
  }
  return evenly(chosen, MOST_REGION_FRAMES);
}

/** At most so many, from the first to the last. */
export function evenly<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  const step = (all.length - 1) / (most - 1);
  const wanted = new Set(Array.from({ length: most - 1 }, (_, at) => Math.floor(at * step)));
  return all.filter((_, at) => wanted.has(at) || at === all.length - 1);
}

export function bitsApart(one: Uint8Array, other: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < one.length; at++) {
    for (let rest = (one[at] ?? 0) ^ (other[at] ?? 0); rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}
