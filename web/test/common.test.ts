import { expect, test } from "vitest";
import { commonRegions, isCommon } from "../src/region/common.ts";
import { COMMON } from "../src/region/list.ts";

const row = (at: number): Uint8Array => new Uint8Array(COMMON.slice(8 * at, 8 * at + 8).buffer);
const flipped = (code: Uint8Array, bits: number): Uint8Array =>
  code.map((byte, at) => byte ^ (at < bits >> 3 ? 255 : at === bits >> 3 ? (1 << (bits & 7)) - 1 : 0));
const nothing = new Uint8Array(32);

test("the list is that of version 1", () => {
  expect(COMMON.length / 8).toBe(4046);
  expect(() => commonRegions(new TextEncoder().encode('{"version": 2, "codes": 0}\n'))).toThrow(/version 1/);
});

test("a region within 56 bits of a listed one is common, as it is or mirrored", () => {
  const listed = new Uint32Array(row(7).slice().buffer);
  expect(isCommon([flipped(row(7), 56), flipped(row(7), 200)], listed)).toBe(true);
  expect(isCommon([flipped(row(7), 200), flipped(row(7), 56)], listed)).toBe(true);
  expect(isCommon([flipped(row(7), 57), flipped(row(7), 200)], listed)).toBe(false);
  expect(isCommon([nothing, nothing], new Uint32Array(0))).toBe(false);
});
