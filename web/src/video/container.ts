/** A video through mediabunny, which reads containers, and WebCodecs, the browser's decoder. */
import {
  BlobSource,
  Input,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  MPEG_TS,
  OGG,
  QTFF,
  type VideoSample,
} from "mediabunny";
import { VideoSampleSink, WEBM } from "mediabunny";
import type { Luma } from "../luma.ts";
import { lumaOfFrame, turned } from "./luma.ts";
import type { Shown, VideoSource } from "./source.ts";

const FORMATS = [MP4, QTFF, WEBM, MATROSKA, MPEG_TS, OGG];

/** Null where this way does not lead to frames: a container or a codec that is not known here. */
export async function openContainer(file: Blob): Promise<VideoSource | null> {
  if (typeof VideoDecoder === "undefined") return null;
  const input = new Input({ source: new BlobSource(file), formats: FORMATS });
  try {
    const tracks = await input.getVideoTracks();
    const track = await largest(tracks);
    if (track !== null && (await track.canDecode())) return await ContainerVideo.of(input, track);
  } catch {
    // said by returning null: another way may know it
  }
  input.dispose();
  return null;
}

async function largest(tracks: readonly InputVideoTrack[]): Promise<InputVideoTrack | null> {
  let found: { track: InputVideoTrack; pixels: number } | null = null;
  for (const track of tracks) {
    const pixels = (await track.getCodedWidth()) * (await track.getCodedHeight());
    if (found === null || pixels > found.pixels) found = { track, pixels };
  }
  return found?.track ?? null;
}

class ContainerVideo implements VideoSource {
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  private readonly input: Input;
  private readonly sink: VideoSampleSink;
  private readonly startS: number;

  private constructor(input: Input, track: InputVideoTrack, width: number, height: number, times: readonly number[]) {
    this.input = input;
    this.sink = new VideoSampleSink(track);
    this.width = width;
    this.height = height;
    this.startS = times[0] ?? 0;
    this.durationS = Math.max((times[1] ?? 0) - this.startS, 0);
  }

  static async of(input: Input, track: InputVideoTrack): Promise<ContainerVideo> {
    const times = [await track.getFirstTimestamp(), await track.computeDuration()];
    return new ContainerVideo(input, track, await track.getDisplayWidth(), await track.getDisplayHeight(), times);
  }

  async *frames(): AsyncGenerator<Shown> {
    let lastS = 0; // a clock that jumps back stands still
    for await (const sample of this.sink.samples()) {
      try {
        lastS = Math.max(sample.timestamp - this.startS, lastS);
        yield { atS: lastS, luma: () => lumaOfSample(sample), upright: (luma) => uprightOf(sample, luma) };
      } finally {
        sample.close();
      }
    }
  }

  async at(atS: number): Promise<Luma | null> {
    const sample = await this.sink.getSample(this.startS + atS);
    if (sample === null) return null;
    try {
      return uprightOf(sample, await lumaOfSample(sample));
    } finally {
      sample.close();
    }
  }

  close(): void {
    this.input.dispose();
  }
}

async function lumaOfSample(sample: VideoSample): Promise<Luma> {
  const frame = sample.toVideoFrame();
  try {
    return await lumaOfFrame(frame);
  } finally {
    frame.close();
  }
}

function uprightOf(sample: VideoSample, luma: Luma): Luma {
  return turned(luma, { degrees: sample.rotation, isFlipped: sample.flip });
}
