/** The step of the files: chosen, fingerprinted, and seen in full before anything is sent or saved. */
import { type Fingerprinter, canFingerprint } from "../fingerprinter.ts";
import { type Item, MOST_BYTES, bodyOf, countsOf, itemsOf } from "./body.ts";
import { Choice, type ChosenFile, MOST_FILES } from "./chosen.ts";
import type { Parts } from "./parts.ts";
import { Row } from "./row.ts";
import type { Words } from "./words.ts";

const ADDRESS = /^[^\s@]+@[^\s@]+$/;

export class FilesStep {
  private readonly parts: Parts;
  private readonly words: Words;
  private readonly before: () => object;
  private readonly choice: Choice;
  private readonly rows = new Map<ChosenFile, Row>();

  /**
   * before: what the text has before its items.
   * onAgreed: told the text when she has seen it and wants it sent, or saved.
   */
  constructor(
    parts: Parts,
    words: Words,
    fingerprinter: Fingerprinter,
    before: () => object,
    onAgreed: (body: string) => void,
  ) {
    this.parts = parts;
    this.words = words;
    this.before = before;
    this.choice = new Choice(fingerprinter, (changed) => {
      this.hear(changed);
    });
    const input = parts.field("files");
    input.addEventListener("change", () => {
      this.add([...(input.files ?? [])]);
      input.value = ""; // the same file can be chosen again, and the page holds no name of it
    });
    parts.on("continue", () => {
      this.review();
    });
    parts.on("back", () => {
      parts.step("choose");
    });
    parts.on("again", () => {
      parts.step("choose");
    });
    parts.on("send", () => {
      if (this.hasGoodContact()) onAgreed(this.body(this.items()));
    });
    parts.maybe("contact")?.addEventListener("input", () => {
      this.showBody();
    });
    if (!canFingerprint()) this.complain("old-browser");
  }

  /** Whether something would be lost with the page. */
  get hasFiles(): boolean {
    return this.choice.files.length > 0;
  }

  /** What was chosen is forgotten: it is where it belongs. */
  clear(): void {
    for (const chosen of [...this.choice.files]) this.remove(chosen);
  }

  private add(files: readonly File[]): void {
    this.complain(null);
    const added = this.choice.add(files);
    const list = this.parts.get("chosen");
    const template = this.parts.template("file");
    for (const chosen of added) {
      const row = new Row(template, chosen, this.words, () => {
        this.remove(chosen);
        this.parts.announce(this.words.say("removed"));
        this.parts.get("files").focus();
      });
      this.rows.set(chosen, row);
      list.append(row.element);
    }
    if (this.choice.files.length === MOST_FILES && added.length < files.length)
      this.complain("too-many", { most: MOST_FILES });
    this.showProgress();
    for (const chosen of added) this.choice.make(chosen);
  }

  private remove(chosen: ChosenFile): void {
    this.choice.remove(chosen);
    this.rows.get(chosen)?.remove();
    this.rows.delete(chosen);
    this.showProgress();
  }

  private hear(changed: ChosenFile): void {
    const row = this.rows.get(changed);
    row?.show();
    if (!changed.isDone) return;
    this.showProgress();
    const progress = this.parts.get("progress").textContent;
    const isRead = changed.state.at === "made";
    this.parts.announce(isRead || row === undefined ? progress : `${changed.file.name}: ${row.said} ${progress}`);
  }

  private showProgress(): void {
    const { files, done } = this.choice;
    const line = this.parts.get("progress");
    line.textContent = this.words.say("progress", { done, all: files.length });
    for (const name of ["progress", "wish", "continue"]) this.parts.get(name).hidden = files.length === 0;
  }

  private review(): void {
    if (!this.choice.isAllDone) {
      this.complain("still-working");
      return;
    }
    const items = this.items();
    if (items.length === 0) {
      this.complain("nothing-yet");
      return;
    }
    if (new Blob([this.body(items)]).size > MOST_BYTES) {
      this.complain("too-much");
      return;
    }
    this.complain(null);
    this.parts.get("summary").replaceChildren(...items.map((item, at) => this.line(item, at + 1)));
    this.showBody();
    this.parts.step("review");
  }

  private line(item: Item, number: number): HTMLElement {
    const counts = countsOf(item);
    const line = document.createElement("li");
    const said = (["digests", "wholes", "frames", "regions"] as const)
      .filter((sort) => counts[sort] > 0)
      .map((sort) => this.words.say(sort, { count: counts[sort] }));
    const name = document.createElement("p");
    name.className = "item";
    name.textContent = this.words.say(counts.frames > 0 ? "video" : "picture", { number });
    const sorts = document.createElement("p");
    sorts.textContent = this.words.say("fingerprints", { sorts: said.join(" · ") });
    line.append(name, sorts);
    return line;
  }

  private items(): readonly Item[] {
    return itemsOf(this.choice.made, this.parts.field("parts").checked);
  }

  private body(items: readonly Item[]): string {
    const contact = this.contact();
    return bodyOf({ ...this.before(), ...(contact === "" ? {} : { contact }) }, items);
  }

  private showBody(): void {
    this.parts.get("body").textContent = this.body(this.items());
  }

  private contact(): string {
    return this.parts.maybe("contact") === null ? "" : this.parts.field("contact").value.trim();
  }

  private hasGoodContact(): boolean {
    const contact = this.contact();
    const isGood = contact === "" || ADDRESS.test(contact);
    const wrong = this.parts.maybe("wrong-contact");
    if (wrong !== null) {
      wrong.hidden = isGood;
      wrong.textContent = isGood ? "" : this.words.say("no-address");
    }
    if (!isGood) this.parts.get("contact").focus();
    return isGood;
  }

  private complain(name: string | null, blanks: Readonly<Record<string, string | number>> = {}): void {
    const box = this.parts.get("wrong");
    box.hidden = name === null;
    const line = box.querySelector("p");
    if (line !== null) line.textContent = name === null ? "" : this.words.say(name, blanks);
  }
}
