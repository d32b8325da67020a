/** The queue of files, and the worker that does them one after the other. */
import { FingerprintError } from "./errors.ts";
import type { Made, ToPage, ToWorker, Wish } from "./messages.ts";
import { HiddenPlayer } from "./player.ts";

export interface Job {
  /** Rejects with a FingerprintError. */
  readonly made: Promise<Made>;
  /** Ends it, whether it has begun or not: `made` rejects with the code "cancelled". */
  cancel(): void;
}

interface Waiting {
  readonly file: Blob;
  readonly wish: Wish;
  readonly onProgress: (share: number) => void;
  readonly resolve: (made: Made) => void;
  readonly reject: (error: FingerprintError) => void;
}

/** Whether this browser has what fingerprinting needs. */
export function canFingerprint(): boolean {
  return ["Worker", "OffscreenCanvas", "createImageBitmap"].every((name) => name in globalThis);
}

/**
 * Makes fingerprints of files in a worker.  A file that is cancelled, or that crashes its worker, ends it, and the
 * others go on in another one.
 */
export class Fingerprinter {
  private readonly newWorker: () => Worker;
  private readonly waiting: Waiting[] = [];
  private current: Waiting | null = null;
  private worker: Worker | null = null;
  private player: HiddenPlayer | null = null;

  /** newWorker: starts the worker that `worker.js` is. */
  constructor(newWorker: () => Worker) {
    this.newWorker = newWorker;
  }

  /** Have a file's fingerprints made after those added before.  onProgress: told the share that is done, 0 to 1. */
  add(file: Blob, wish: Wish, onProgress: (share: number) => void = () => undefined): Job {
    let cancel = (): void => undefined;
    const made = new Promise<Made>((resolve, reject) => {
      const job = { file, wish, onProgress, resolve, reject };
      cancel = (): void => {
        this.cancel(job);
      };
      this.waiting.push(job);
    });
    this.goOn();
    return {
      made,
      cancel: () => {
        cancel();
      },
    };
  }

  /** Cancel everything and end the worker. */
  close(): void {
    for (const job of this.waiting.splice(0)) job.reject(new FingerprintError("cancelled"));
    if (this.current !== null) this.cancel(this.current);
    this.endWorker();
  }

  private cancel(job: Waiting): void {
    const at = this.waiting.indexOf(job);
    if (at >= 0) this.waiting.splice(at, 1);
    else if (this.current === job) {
      this.endWorker();
      this.current = null;
    }
    job.reject(new FingerprintError("cancelled"));
    this.goOn();
  }

  private goOn(): void {
    const job = this.current === null ? this.waiting.shift() : undefined;
    if (job === undefined) return;
    this.current = job;
    if (!canFingerprint()) {
      this.end(() => {
        job.reject(new FingerprintError("old-browser"));
      });
      return;
    }
    this.worker ??= this.startedWorker();
    this.tell({ type: "make", file: job.file, wish: job.wish });
  }

  private startedWorker(): Worker {
    const worker = this.newWorker();
    worker.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
      if (this.worker === worker) this.hear(data);
    });
    const fail = (event: Event): void => {
      event.preventDefault(); // or the browser writes it to its console
      if (this.worker !== worker) return;
      this.endWorker();
      this.end((job) => {
        job.reject(new FingerprintError("failed", "the worker ended"));
      });
    };
    worker.addEventListener("error", fail);
    worker.addEventListener("messageerror", fail);
    return worker;
  }

  private hear(message: ToPage): void {
    switch (message.type) {
      case "progress":
        this.current?.onProgress(message.share);
        break;
      case "made":
        this.end((job) => {
          job.onProgress(1);
          job.resolve(message.made);
        });
        break;
      case "failed":
        this.end((job) => {
          job.reject(new FingerprintError(message.code));
        });
        break;
      case "open":
        void this.open();
        break;
      case "show":
        void this.show(message.atS);
        break;
    }
  }

  private async open(): Promise<void> {
    if (this.current === null) return;
    this.player = new HiddenPlayer(this.current.file);
    this.tell({ type: "opened", opened: await this.player.open() });
  }

  private async show(atS: number): Promise<void> {
    const bitmap = (await this.player?.show(atS).catch(() => null)) ?? null;
    this.tell({ type: "shown", bitmap }, bitmap === null ? [] : [bitmap]);
  }

  private tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  private end(say: (job: Waiting) => void): void {
    const job = this.current;
    this.current = null;
    this.player?.close();
    this.player = null;
    if (job !== null) say(job);
    this.goOn();
  }

  private endWorker(): void {
    this.worker?.terminate();
    this.worker = null;
    this.player?.close();
    this.player = null;
  }
}
