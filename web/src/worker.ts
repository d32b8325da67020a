/** The worker: makes the fingerprints of one file, and says how it goes. */
import { codeOfError } from "./errors.ts";
import { makeFingerprints } from "./make.ts";
import type { Opened, ToPage, ToWorker, Wish } from "./messages.ts";
import type { Player } from "./video/played.ts";

const STEP = 0.01; // of progress that is worth a message

let onOpened: ((opened: Opened | null) => void) | null = null;
let onShown: ((bitmap: ImageBitmap | null) => void) | null = null;

/** The page's <video>, asked for one thing at a time. */
const player: Player = {
  open: () =>
    new Promise((resolve) => {
      onOpened = resolve;
      say({ type: "open" });
    }),
  show: (atS) =>
    new Promise((resolve) => {
      onShown = resolve;
      say({ type: "show", atS });
    }),
};

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "make":
      void make(data.file, data.wish);
      break;
    case "opened":
      onOpened?.(data.opened);
      break;
    case "shown":
      onShown?.(data.bitmap);
      break;
  }
});

async function make(file: Blob, wish: Wish): Promise<void> {
  let said = 0;
  try {
    const made = await makeFingerprints(file, wish, player, (share) => {
      if (share < said + STEP) return;
      said = share;
      say({ type: "progress", share });
    });
    say({ type: "made", made });
  } catch (error) {
    say({ type: "failed", code: codeOfError(error) });
  }
}

function say(message: ToPage): void {
  postMessage(message);
}
