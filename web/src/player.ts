/** Plays a video for the worker, in the page, where alone <video> is. */
import type { Opened } from "./messages.ts";

/** How long opening or a seek may take before it is given up. */
const PATIENCE_MS = 10_000;

/** A <video> element that nobody sees. */
export class HiddenPlayer {
  private readonly video = document.createElement("video");
  private readonly address: string;

  constructor(file: Blob) {
    this.address = URL.createObjectURL(file);
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.preload = "auto";
  }

  /** What it shows, null where it cannot play it. */
  async open(): Promise<Opened | null> {
    const opened = this.happens("loadeddata");
    this.video.src = this.address;
    const isOpen = await opened;
    const { videoWidth: width, videoHeight: height, duration } = this.video;
    if (!isOpen || width === 0 || height === 0) return null;
    return { width, height, durationS: Number.isFinite(duration) ? duration : 0 };
  }

  /** The frame that is seen at a time; null past the end, and where it cannot be had. */
  async show(atS: number): Promise<ImageBitmap | null> {
    if (atS > this.video.duration) return null;
    const sought = this.happens("seeked");
    this.video.currentTime = atS;
    return (await sought) ? createImageBitmap(this.video) : null;
  }

  close(): void {
    this.video.removeAttribute("src");
    this.video.load();
    URL.revokeObjectURL(this.address);
  }

  private happens(event: "loadeddata" | "seeked"): Promise<boolean> {
    return new Promise((resolve) => {
      const end = new AbortController();
      const say = (happened: boolean) => (): void => {
        end.abort();
        clearTimeout(timer);
        resolve(happened);
      };
      const timer = setTimeout(say(false), PATIENCE_MS);
      this.video.addEventListener(event, say(true), { signal: end.signal });
      this.video.addEventListener("error", say(false), { signal: end.signal });
    });
  }
}
