import { expect, test } from "vitest";
import { hexOf } from "../src/hex.ts";
import { pdq, pdqViews } from "../src/pdq/index.ts";
import { PDQ_VECTORS, lumaOf } from "./vectors.ts";

test("there are vectors", () => {
  expect(PDQ_VECTORS).toHaveLength(8);
});

test.each(PDQ_VECTORS)("%s has the same code and quality as in Python", (_, vector) => {
  const { code, quality } = pdq(lumaOf(vector));
  expect({ code: hexOf(code), quality }).toEqual({ code: vector.code, quality: vector.quality });
});

test.each(PDQ_VECTORS)("%s has the same code in all eight views", (_, vector) => {
  expect(pdqViews(lumaOf(vector)).map(hexOf)).toEqual(vector.views);
});
