/**
 * A file to its fingerprints, as a bank keeps them.  Runs in the worker.
 *
 * Start here: digests, then what the file is, then `pictureOf` or `videoOf`.
 */
import { HEAD_BYTES, type PictureKind, sniff } from "./decode/kinds.ts";
import { decodePicture } from "./decode/picture.ts";
import { reduced } from "./decode/reduced.ts";
import { digestsOf } from "./digests.ts";
import { FingerprintError } from "./errors.ts";
import { hexOf } from "./hex.ts";
import type { Luma } from "./luma.ts";
import type { Fingerprint, Made, Wish } from "./messages.ts";
import { MIN_QUALITY, pdq } from "./pdq/index.ts";
import type { VideoSource } from "./video/source.ts";
import type { Player } from "./video/played.ts";

/** Of a video file. */
const MAX_VIDEO_BYTES = 4 * 1024 ** 3;

/** Reading a file for its digests, as a share of a picture's work. */
const DIGESTS_SHARE = 0.2;
const DECODED_SHARE = 0.5;
const HASHED_SHARE = 0.7;

/** Told how much is done, 0 to 1. */
export type OnProgress = (share: number) => void;

/** Everything of a file that may be banked.  Throws: FingerprintError, or whatever the browser throws. */
export async function makeFingerprints(file: Blob, wish: Wish, player: Player, onProgress: OnProgress): Promise<Made> {
  if (file.size === 0) throw new FingerprintError("empty");
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const what = sniff(head);
  if (what === null) throw new FingerprintError("not-media");
  if (file.size > MAX_VIDEO_BYTES) throw new FingerprintError("too-large");
  const digests = await digestsOf(file, (share) => {
    onProgress(DIGESTS_SHARE * share);
  });
  const sha256: Fingerprint = { kind: "sha256", code: hexOf(digests.sha256) };
  const exact: Fingerprint[] = [sha256, { kind: "md5", code: hexOf(digests.md5) }];
  const rest = (share: number): void => {
    onProgress(DIGESTS_SHARE + (1 - DIGESTS_SHARE) * share);
  };
  const video = await videoSource(file, what.media === "picture" ? what.kind : null, player);
  const made = await (video === null
    ? pictureOf(file, what.kind as PictureKind, head, wish, onProgress)
    : import("./video/make.ts").then(({ videoOf }) => videoOf(video, wish, rest)));
  // Of a featureless picture the other digests would say no more.
  const kept = made.media === "picture" && made.notes.includes("featureless") ? [sha256] : exact;
  return { ...made, fingerprints: [...kept, ...made.fingerprints] };
}

/** Null for a picture that does not move.  Throws: FingerprintError where it is a video that cannot be decoded. */
async function videoSource(file: Blob, kind: PictureKind | null, player: Player): Promise<VideoSource | null> {
  if (kind !== null) return (await import("./video/animation.ts")).openAnimation(file, kind);
  const [{ openContainer }, { openPlayed }] = await Promise.all([
    import("./video/container.ts"),
    import("./video/played.ts"),
  ]);
  const found = (await openContainer(file)) ?? (await openPlayed(player));
  if (found === null) throw new FingerprintError("unsupported");
  return found;
}

async function pictureOf(
  file: Blob,
  kind: PictureKind,
  head: Uint8Array,
  wish: Wish,
  onProgress: OnProgress,
): Promise<Made> {
  const luma = await decodePicture(file, kind, head);
  onProgress(DECODED_SHARE);
  const { code, quality } = pdq(luma);
  onProgress(HASHED_SHARE);
  const about = { media: "picture", width: luma.width, height: luma.height, durationS: null } as const;
  if (quality < MIN_QUALITY) return { ...about, fingerprints: [], notes: ["featureless"] };
  const whole: Fingerprint = { kind: "pdq", code: hexOf(code), quality };
  if (!wish.regions) return { ...about, fingerprints: [whole], notes: [] };
  const regions = await regionsOfLuma(kind === "jpeg" ? reduced(luma) : luma);
  if (regions === null) return { ...about, fingerprints: [whole], notes: ["no-regions"] };
  return { ...about, fingerprints: [whole, regions], notes: [] };
}

/** The regions of a picture or a frame; null where it has none.  The list of common ones is loaded with the first. */
export async function regionsOfLuma(luma: Luma): Promise<Fingerprint | null> {
  const [{ bankedRegions }, { COMMON }] = await Promise.all([import("./region/index.ts"), import("./region/list.ts")]);
  const record = bankedRegions(luma, COMMON);
  return record === null ? null : { kind: "region", code: hexOf(record) };
}
