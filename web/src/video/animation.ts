/** An animated picture (GIF, WebP, AVIF) through WebCodecs' picture decoder, where the browser has one. */
import type { PictureKind } from "../decode/kinds.ts";
import type { Luma } from "../luma.ts";
import { lumaOfFrame } from "./luma.ts";
import type { Shown, VideoSource } from "./source.ts";

const MAY_MOVE = new Set<PictureKind>(["gif", "webp", "avif"]);

/** Null for a picture that does not move, and where the browser does not tell. */
export async function openAnimation(file: Blob, kind: PictureKind): Promise<VideoSource | null> {
  if (!MAY_MOVE.has(kind) || typeof ImageDecoder === "undefined") return null;
  const type = `image/${kind}`;
  if (!(await ImageDecoder.isTypeSupported(type))) return null;
  const decoder = new ImageDecoder({ data: await file.arrayBuffer(), type, colorSpaceConversion: "none" });
  try {
    await decoder.completed;
    await decoder.tracks.ready;
    const count = decoder.tracks.selectedTrack?.frameCount ?? 1;
    if (count > 1) return await Animation.of(decoder, count);
  } catch {
    // damaged, perhaps: whoever decodes it as a picture says so
  }
  decoder.close();
  return null;
}

class Animation implements VideoSource {
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  private readonly decoder: ImageDecoder;
  private readonly startsS: readonly number[];

  private constructor(decoder: ImageDecoder, width: number, height: number, startsS: readonly number[], endS: number) {
    this.decoder = decoder;
    this.width = width;
    this.height = height;
    this.startsS = startsS;
    this.durationS = endS;
  }

  static async of(decoder: ImageDecoder, count: number): Promise<Animation> {
    const startsS: number[] = [];
    let [endS, width, height] = [0, 0, 0];
    for (let frameIndex = 0; frameIndex < count; frameIndex++) {
      const { image } = await decoder.decode({ frameIndex });
      startsS.push(endS);
      endS += (image.duration ?? 0) / 1e6;
      [width, height] = [image.displayWidth, image.displayHeight];
      image.close();
    }
    return new Animation(decoder, width, height, startsS, endS);
  }

  async *frames(): AsyncGenerator<Shown> {
    for (const [frameIndex, atS] of this.startsS.entries()) {
      await Promise.resolve();
      yield { atS, luma: () => this.luma(frameIndex), upright: (luma) => luma };
    }
  }

  at(atS: number): Promise<Luma | null> {
    const frameIndex = this.startsS.findLastIndex((startS) => startS <= atS);
    return frameIndex < 0 ? Promise.resolve(null) : this.luma(frameIndex);
  }

  close(): void {
    this.decoder.close();
  }

  private async luma(frameIndex: number): Promise<Luma> {
    const { image } = await this.decoder.decode({ frameIndex });
    try {
      return await lumaOfFrame(image);
    } finally {
      image.close();
    }
  }
}
