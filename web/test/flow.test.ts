import { afterEach, expect, test, vi } from "vitest";
import { bodyOf, countsOf, itemsOf } from "../src/flow/body.ts";
import { Sending, type Waiting, newKey } from "../src/flow/sending.ts";
import type { Fingerprint, Made } from "../src/messages.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

function made(seed: string, ...more: Fingerprint[]): Made {
  const sha256: Fingerprint = { kind: "sha256", code: seed.repeat(64) };
  const about = { media: "picture", width: 1, height: 1, durationS: null, notes: [] } as const;
  return { ...about, fingerprints: [sha256, ...more] };
}

const REGION: Fingerprint = { kind: "region", code: "0".repeat(2 * 36 * 5) };
const FRAMES: Fingerprint = { kind: "frame", code: "0".repeat(2 * 37 * 3) };

test("two files with the same bytes are one item, and parts are left out where they are not wanted", () => {
  const all = [made("a", REGION), made("b"), made("a", REGION)];
  expect(itemsOf(all, true).map(({ fingerprints }) => fingerprints.length)).toEqual([2, 1]);
  expect(itemsOf(all, false).map(({ fingerprints }) => fingerprints.length)).toEqual([1, 1]);
});

test("fingerprints are counted by sort, of parts and moments each code", () => {
  const [item] = itemsOf([made("a", REGION, FRAMES)], true);
  expect(item && countsOf(item)).toEqual({ digests: 1, wholes: 0, regions: 5, frames: 3 });
});

test("the body is what was stated and the items, as the service reads them", () => {
  const items = itemsOf([made("a")], true);
  expect(JSON.parse(bodyOf({ form_key: "k" }, items))).toEqual({ form_key: "k", items });
});

test("a key is 128 random bits", () => {
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(newKey()).not.toBe(newKey());
});

/** A service that gives these answers in turn, and whom it was asked by. */
function answering(...answers: (Response | Error)[]): RequestInit[] {
  const asked: RequestInit[] = [];
  vi.stubGlobal("fetch", (_: string, request: RequestInit) => {
    asked.push(request);
    const answer = answers[asked.length - 1];
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error("too often"));
  });
  return asked;
}

test("what may pass is waited for, as long as the service asks, and sent again under one key", async () => {
  const busy = new Response("", { status: 503, headers: { "Retry-After": "7" } });
  const tooMany = new Response("", { status: 429, headers: { "Retry-After": "100" } });
  const asked = answering(
    new TypeError("no network"),
    busy,
    tooMany,
    new Response("{half", { status: 201 }),
    Response.json({ number: 1 }),
  );
  const waits: Waiting[] = [];
  const sending = new Sending("/en/open", (waiting) => {
    waits.push(waiting);
    setTimeout(() => {
      sending.now();
    });
  });
  expect(await sending.send("body")).toEqual({ kind: "done", answer: { number: 1 } });
  expect(waits).toEqual([
    { why: "away", seconds: 2 },
    { why: "away", seconds: 7 },
    { why: "too-often", seconds: 100 },
    { why: "away", seconds: 30 },
  ]);
  expect(new Set(asked.map(({ headers }) => JSON.stringify(headers))).size).toBe(1);
  expect(asked.every(({ body }) => body === "body")).toBe(true);
});

test.each([
  [403, "signed-out"],
  [409, "refused"],
  [422, "refused"],
])("an answer of %i is %s, and is not asked for again", async (status, kind) => {
  const asked = answering(new Response("{}", { status }));
  expect(await new Sending("/en/open", () => undefined).send("body")).toEqual({ kind });
  expect(asked).toHaveLength(1);
});
