/** What leaves the device, as it is shown and as it is sent: one text. */
import type { Fingerprint, Made } from "../messages.ts";

/** What the node takes at once. */
export const MOST_BYTES = 4 * 1024 ** 2;

/** What was stated before any file was read. */
export interface Statements {
  readonly acting: string;
  readonly sharing: string;
  readonly without_consent: true;
  readonly age: "adult";
}

export interface Item {
  readonly fingerprints: readonly Fingerprint[];
}

/** An item for each file; for two files with the same bytes, one.  parts: whether parts shall be found, too. */
export function itemsOf(made: readonly Made[], parts: boolean): readonly Item[] {
  const items = new Map<string, Item>();
  for (const { fingerprints } of made) {
    const kept = fingerprints.filter(({ kind }) => parts || kind !== "region");
    items.set(kept.find(({ kind }) => kind === "sha256")?.code ?? "", { fingerprints: kept });
  }
  return [...items.values()];
}

/** The text: what comes before the items, then an item a line. */
export function bodyOf(before: object, items: readonly Item[]): string {
  return JSON.stringify({ ...before, items }, null, 1);
}

/** How many fingerprints of each sort an item has. */
export function countsOf({
  fingerprints,
}: Item): Readonly<Record<"digests" | "wholes" | "regions" | "frames", number>> {
  const of = (bytesEach: number, ...kinds: Fingerprint["kind"][]): number =>
    fingerprints
      .filter(({ kind }) => kinds.includes(kind))
      .reduce((sum, { code }) => sum + (bytesEach === 0 ? 1 : code.length / 2 / bytesEach), 0);
  return { digests: of(0, "sha256", "md5"), wholes: of(0, "pdq"), regions: of(36, "region"), frames: of(37, "frame") };
}
