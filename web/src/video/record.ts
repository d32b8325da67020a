/** A video's frames as a bank keeps them. */
import { MIN_QUALITY } from "../pdq/index.ts";
import { type Frame, evenly } from "./sampling.ts";

/** Of one fingerprint; of a longer video, they are farther apart. */
const MOST_FRAMES = 4096;
const FRAME_BYTES = 37;

/** Rows of code (32 bytes), milliseconds (4, highest first) and quality (1); null where all show too little. */
export function frameRecord(frames: readonly Frame[]): Uint8Array | null {
  const clear = frames.filter((frame) => frame.quality >= MIN_QUALITY).map((frame) => ({ ...frame, atMs: ms(frame) }));
  const apart = clear.filter((frame, at) => at === 0 || frame.atMs > (clear[at - 1]?.atMs ?? -1));
  const kept = evenly(apart, MOST_FRAMES);
  if (kept.length === 0) return null;
  const record = new Uint8Array(FRAME_BYTES * kept.length);
  const view = new DataView(record.buffer);
  kept.forEach((frame, at) => {
    record.set(frame.code, FRAME_BYTES * at);
    view.setUint32(FRAME_BYTES * at + 32, frame.atMs);
    view.setUint8(FRAME_BYTES * at + 36, frame.quality);
  });
  return record;
}

function ms(frame: Frame): number {
  return Math.round(frame.atS * 1000);
}
