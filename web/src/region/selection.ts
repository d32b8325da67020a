/** Which keypoints to keep: the strongest of each part of the picture and of each size.  `docs/region-fingerprint.md`, 4. */
import type { Keypoint } from "./keypoints.ts";
import { LEAST_SCALE, SIGMAS, SPAN } from "./tables.ts";

/** Cells along each side. */
const GRID = 5;

/** The keypoints to keep, at most `most`, most telling first.  height, width: of the working picture. */
export function chosen(keypoints: readonly Keypoint[], height: number, width: number, most: number): Keypoint[] {
  const cells = new Map<number, Keypoint[]>();
  for (const each of keypoints) {
    if (!fits(each, height, width)) continue;
    const cell =
      (each.octave * GRID + cellOf(each.y << each.octave, height)) * GRID + cellOf(each.x << each.octave, width);
    const there = cells.get(cell);
    if (there === undefined) cells.set(cell, [each]);
    else there.push(each);
  }
  const ranked = [...cells.values()].flatMap((cell) => cell.sort(stronger).map((each, rank) => ({ each, rank })));
  ranked.sort((one, other) => one.rank - other.rank || stronger(one.each, other.each));
  return ranked.slice(0, most).map(({ each }) => each);
}

/** Whether its patch (a circle as wide) lies within the picture. */
function fits({ octave, x, y, scale }: Keypoint, height: number, width: number): boolean {
  const reach = (SIGMAS[scale - LEAST_SCALE]! * SPAN) >> 13; // half a side, in 1/16 pixel of its octave
  const across = ((width - 1) * 16) >> octave;
  const down = ((height - 1) * 16) >> octave;
  return x >= reach && y >= reach && x + reach <= across && y + reach <= down;
}

/** at: 1/16 pixel. */
function cellOf(at: number, side: number): number {
  return Math.min(Math.floor((at * GRID) / (16 * side)), GRID - 1);
}

function stronger(one: Keypoint, other: Keypoint): number {
  return (
    other.strength - one.strength ||
    one.octave - other.octave ||
    one.y - other.y ||
    one.x - other.x ||
    one.scale - other.scale
  );
}
