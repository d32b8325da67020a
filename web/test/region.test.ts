import { expect, test } from "vitest";
import { hexOf } from "../src/hex.ts";
import { type Keypoint, keypoints } from "../src/region/keypoints.ts";
import { regionsOf } from "../src/region/index.ts";
import { octaves } from "../src/region/scale-space.ts";
import { chosen } from "../src/region/selection.ts";
import { REGION_VECTORS, lumaOf } from "./vectors.ts";

const columns = ({ octave, x, y, scale, strength }: Keypoint): number[] => [octave, x, y, scale, strength];
const sum = (values: Int16Array): number => values.reduce((total, value) => total + value, 0);

test("there are vectors", () => {
  expect(REGION_VECTORS).toHaveLength(6);
});

test.each(REGION_VECTORS)("every step of %s is the same as in Python", (_, vector) => {
  const luma = lumaOf(vector);
  const space = octaves(luma, vector.plan.long_side);
  const sums = space.map((octave, number) => octave.slice(number === 0 ? 1 : 0).map((level) => sum(level.pixels)));
  expect(sums).toEqual(vector.octaves.map((octave) => octave.level_sums));
  expect(keypoints(space).map(columns)).toEqual(vector.keypoints);
  const photographed = vector.photographed.map(([octave, x, y, scale, strength]) => {
    return { octave: octave!, x: x!, y: y!, scale: scale!, strength: strength! };
  });
  const { height, width } = space[0]![1]!;
  const kept = chosen(photographed, height, width, Math.floor((vector.plan.most * 3) / 2));
  expect(kept.map(columns)).toEqual(vector.chosen);
});

test.each(REGION_VECTORS)("%s has the same regions as in Python, bit for bit", (_, vector) => {
  const regions = regionsOf(lumaOf(vector), { most: vector.plan.most, longSide: vector.plan.long_side });
  const found = regions.map(({ keypoint, turn, detail, geometry, codes }) => ({
    keypoint: columns(keypoint),
    turn,
    detail,
    geometry,
    code: hexOf(codes[0]),
    mirrored_code: hexOf(codes[1]),
  }));
  expect(found).toEqual(vector.regions);
});
