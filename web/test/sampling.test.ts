import { expect, test } from "vitest";
import { frameRecord } from "../src/video/record.ts";
import { type Frame, Sampler, bitsApart, evenly, unlike, worthKeeping } from "../src/video/sampling.ts";

/** A frame whose code is far from that of another number. */
function frame(atS: number, seed: number, quality = 100): Frame {
  const code = Uint8Array.from({ length: 32 }, (_, at) => Math.imul(seed + 1, 0x9e3779b1 + at * 77) >>> 11);
  return { atS, code, quality };
}

const grey = (value: number): { height: number; width: number; pixels: Uint8Array } => {
  return { height: 40, width: 60, pixels: new Uint8Array(2400).fill(value) };
};

test("a still scene keeps a frame each five seconds", () => {
  const frames = Array.from({ length: 12 }, (_, second) => frame(second, 1));
  expect(worthKeeping(frames).map(({ atS }) => atS)).toEqual([0, 5, 10]);
});

test("frames that differ are all kept", () => {
  const frames = [1, 2, 3].map((seed) => frame(seed, seed));
  expect(worthKeeping(frames)).toEqual(frames);
});

test("the first frame of each second is taken, and the first after a change of scene", () => {
  const sampler = new Sampler();
  const taken = Array.from({ length: 80 }, (_, at) => at / 25).filter((atS) => {
    const seen = grey(atS >= 1.4 && atS < 1.6 ? 200 : 90); // a flash of five frames
    return sampler.isDue(atS) && sampler.takes(atS, seen);
  });
  // What came before the flash is seen again a quarter of a second after it began, as changes are so far apart.
  expect(taken).toEqual([0, 1, 1.4, 1.68, 2, 3]);
});

test("regions are wanted of frames that are unlike, evenly spread and no more than twelve", () => {
  const frames = Array.from({ length: 40 }, (_, second) => frame(second, second));
  const chosen = unlike([...frames, ...frames]);
  expect(chosen).toHaveLength(12);
  expect(chosen.every((one, at) => chosen.slice(0, at).every((other) => bitsApart(one.code, other.code) > 48))).toBe(
    true,
  );
});

test("evenly spread items begin with the first and end with the last", () => {
  expect(evenly([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 3, 6]);
  expect(evenly([0, 1], 3)).toEqual([0, 1]);
});

test("a record has a row for each clear frame, one a millisecond", () => {
  const record = frameRecord([frame(0, 1), frame(0.0004, 2), frame(1.5, 3, 20), frame(70_000, 4, 50)]);
  expect(record).toHaveLength(2 * 37);
  expect(record?.slice(0, 32)).toEqual(frame(0, 1).code);
  expect([...(record?.slice(37 + 32) ?? [])]).toEqual([0x04, 0x2c, 0x1d, 0x80, 50]);
});

test("a video that shows nothing has no record", () => {
  expect(frameRecord([frame(0, 1, 49)])).toBeNull();
});
