/** A video to its frames and the regions of some of them. */
import { reduced } from "../decode/reduced.ts";
import { FingerprintError } from "../errors.ts";
import { hexOf } from "../hex.ts";
import { type OnProgress, regionsOfLuma } from "../make.ts";
import type { Fingerprint, Made, Wish } from "../messages.ts";
import { MIN_QUALITY, pdq } from "../pdq/index.ts";
import { frameRecord } from "./record.ts";
import { type Frame, Sampler, unlike, worthKeeping } from "./sampling.ts";
import type { VideoSource } from "./source.ts";

const MAX_DURATION_S = 6 * 3600;
/** Looking at frames, as a share of the work where regions are wished for. */
const FRAMES_SHARE = 0.8;

/** What may be banked of a video, but its digests; the source is closed.  Throws: FingerprintError. */
export async function videoOf(source: VideoSource, wish: Wish, onProgress: OnProgress): Promise<Made> {
  try {
    const share = wish.regions ? FRAMES_SHARE : 1;
    const sampled = await sample(source, (done) => {
      onProgress(share * done);
    });
    const frames = worthKeeping(sampled.frames);
    const { width, height } = source;
    const about = { media: "video", width, height, durationS: Math.max(source.durationS, sampled.endS) } as const;
    const record = frameRecord(frames);
    if (record === null) return { ...about, fingerprints: [], notes: ["featureless"] };
    const whole: Fingerprint = { kind: "frame", code: hexOf(record) };
    if (!wish.regions) return { ...about, fingerprints: [whole], notes: [] };
    const clear = frames.filter((frame) => frame.quality >= MIN_QUALITY);
    const regions = await regionsOfFrames(source, unlike(clear), (done) => {
      onProgress(share + (1 - share) * done);
    });
    return { ...about, fingerprints: [whole, ...regions], notes: regions.length === 0 ? ["no-regions"] : [] };
  } finally {
    source.close();
  }
}

async function sample(source: VideoSource, onProgress: OnProgress): Promise<{ frames: Frame[]; endS: number }> {
  const sampler = new Sampler();
  const frames: Frame[] = [];
  let endS = 0;
  for await (const shown of framesOf(source)) {
    endS = shown.atS;
    if (endS > MAX_DURATION_S) throw new FingerprintError("too-large");
    if (!sampler.isDue(endS)) continue;
    const luma = await shown.luma();
    if (sampler.takes(endS, luma)) frames.push({ atS: endS, ...pdq(shown.upright(luma)) });
    onProgress(Math.min(endS / Math.max(source.durationS, 1), 1));
  }
  if (frames.length === 0) throw new FingerprintError("unreadable");
  return { frames, endS };
}

/** The frames; a video that is damaged or cut short ends where that shows. */
async function* framesOf(source: VideoSource): ReturnType<VideoSource["frames"]> {
  const frames = source.frames();
  for (;;) {
    let next: Awaited<ReturnType<typeof frames.next>>;
    try {
      next = await frames.next();
    } catch (error) {
      if (error instanceof FingerprintError) throw error;
      return;
    }
    if (next.done === true) return;
    yield next.value;
  }
}

async function regionsOfFrames(source: VideoSource, frames: Frame[], onProgress: OnProgress): Promise<Fingerprint[]> {
  const found = new Map<string, Fingerprint>();
  for (const [number, frame] of frames.entries()) {
    const luma = await source.at(frame.atS).catch(() => null);
    const regions = luma === null ? null : await regionsOfLuma(reduced(luma));
    if (regions !== null) found.set(regions.code, regions);
    onProgress((number + 1) / frames.length);
  }
  return [...found.values()];
}
