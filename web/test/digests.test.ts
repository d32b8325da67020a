import { expect, test } from "vitest";
import { digestsOf } from "../src/digests.ts";
import { hexOf } from "../src/hex.ts";

test("the digests of nothing and of three letters are those of the standards", async () => {
  const nothing = await digestsOf(new Blob([]), () => undefined);
  expect(hexOf(nothing.sha256)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const letters = await digestsOf(new Blob(["abc"]), () => undefined);
  expect(hexOf(letters.sha256)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(hexOf(letters.md5)).toBe("900150983cd24fb0d6963f7d28e17f72");
});

test("a file of several pieces has the digest of the whole", async () => {
  const data = Uint8Array.from({ length: 9 * 1024 ** 2 + 5 }, (_, at) => at * 31 + (at >> 9));
  const shares: number[] = [];
  const { sha256 } = await digestsOf(new Blob([data]), (share) => shares.push(share));
  expect(hexOf(sha256)).toBe(hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", data))));
  expect(shares).toHaveLength(3);
  expect(shares.at(-1)).toBe(1);
});
