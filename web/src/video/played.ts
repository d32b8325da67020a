/** A video that the page's <video> element plays for the worker, one frame a second: for what WebCodecs cannot decode. */
import { lumaOfBitmap } from "../decode/readers.ts";
import type { Luma } from "../luma.ts";
import type { Opened } from "../messages.ts";
import type { Shown, VideoSource } from "./source.ts";

/** Asks the page. */
export interface Player {
  open(): Promise<Opened | null>;
  /** The frame that is seen at a time; null where there is none. */
  show(atS: number): Promise<ImageBitmap | null>;
}

/** Null where the browser cannot play it either. */
export async function openPlayed(player: Player): Promise<VideoSource | null> {
  const opened = await player.open();
  return opened === null ? null : new PlayedVideo(player, opened);
}

class PlayedVideo implements VideoSource {
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  private readonly player: Player;

  constructor(player: Player, opened: Opened) {
    this.player = player;
    this.width = opened.width;
    this.height = opened.height;
    this.durationS = opened.durationS;
  }

  async *frames(): AsyncGenerator<Shown> {
    for (let atS = 0; atS < Math.max(this.durationS, 1); atS++) {
      const luma = await this.at(atS);
      if (luma !== null) yield { atS, luma: () => Promise.resolve(luma), upright: (upright) => upright };
    }
  }

  async at(atS: number): Promise<Luma | null> {
    const bitmap = await this.player.show(atS);
    return bitmap === null ? null : lumaOfBitmap(bitmap);
  }

  close(): void {
    // the page lets go of it with the file
  }
}
