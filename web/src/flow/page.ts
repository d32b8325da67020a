/** The page's step of the files, for a new case and for one that she has entered: what `files.html` loads. */
import { startFingerprinter } from "../index.ts";
import { type Item, bodyOf } from "./body.ts";
import { FilesStep } from "./files-step.ts";
import { Parts, found } from "./parts.ts";
import { type Outcome, Sending, type Waiting } from "./sending.ts";
import { Words } from "./words.ts";

/** The node's answer to a case that was opened; see `sending.py`. */
interface Opened {
  readonly number: string;
  readonly pin: string;
  readonly recovery_code: string;
}

class Page {
  private readonly parts: Parts;
  private readonly words: Words;
  private readonly files: FilesStep;
  private readonly isAdding: boolean;
  private sending: Sending | null = null;
  private resume: (() => void) | null = null;
  private isNoted = true;

  constructor(root: HTMLElement) {
    this.parts = new Parts(root);
    this.words = new Words(this.parts.template("words"));
    this.isAdding = root.dataset["mode"] === "add";
    this.files = new FilesStep(
      this.parts,
      this.words,
      startFingerprinter(),
      () => this.before(),
      (body) => {
        void this.send(body);
      },
    );
    this.parts.on("now", () => {
      if (this.resume === null) this.sending?.now();
      else this.resume();
    });
    this.parts.on("print", () => {
      window.print();
    });
    this.parts.maybe("noted")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.leaveNote(found(root, '[data-part="noted"]', HTMLAnchorElement).href);
    });
    window.addEventListener("beforeunload", (event) => {
      const isQuickExit = document.body.classList.contains("leaving"); // nothing may hold her up then
      if (!isQuickExit && (this.files.hasFiles || !this.isNoted)) event.preventDefault();
    });
  }

  private before(): object {
    const { acting, sharing, formKey } = this.parts.root.dataset;
    if (this.isAdding) return { form_key: formKey };
    return { statements: { acting, sharing, without_consent: true, age: "adult" } };
  }

  private async send(body: string): Promise<void> {
    this.parts.step("sending");
    const sending = (this.sending = new Sending(this.parts.root.dataset["to"] ?? "", (waiting) => {
      this.tellWait(waiting);
    }));
    let outcome = await this.tried(sending, body);
    while (outcome.kind === "signed-out") {
      await this.untilEnteredAgain();
      outcome = await this.tried(sending, await this.withNewKey(body));
    }
    if (outcome.kind === "refused") {
      this.parts.get("refusal").textContent = this.words.say("refused");
      this.parts.step("refused");
    } else this.finish(outcome.answer);
  }

  private tried(sending: Sending, body: string): Promise<Outcome> {
    this.parts.get("state").textContent = this.words.say("sending");
    this.parts.get("now").hidden = true;
    this.parts.get("enter").hidden = true;
    return sending.send(body);
  }

  private tellWait({ why, seconds }: Waiting): void {
    const minutes = Math.ceil(seconds / 60);
    this.tell(this.words.say(why, { seconds, minutes }));
  }

  private async untilEnteredAgain(): Promise<void> {
    this.tell(this.words.say("signed-out"));
    this.parts.get("enter").hidden = false;
    await new Promise<void>((resolve) => {
      this.resume = resolve;
    });
    this.resume = null;
  }

  private tell(words: string): void {
    this.parts.get("state").textContent = words;
    this.parts.get("now").hidden = false;
    this.parts.announce(words);
  }

  private finish(answer: unknown): void {
    this.files.clear();
    if (this.isAdding) {
      this.parts.step("added");
      return;
    }
    const { number, pin, recovery_code } = answer as Opened;
    this.isNoted = false;
    this.parts.get("number").textContent = number;
    this.parts.get("pin").textContent = pin;
    this.parts.get("recovery").textContent = recovery_code;
    this.parts.step("note");
  }

  /** The note is gone from the page, and from the way back, before the next one comes. */
  private leaveNote(address: string): void {
    this.isNoted = true;
    for (const name of ["number", "pin", "recovery"]) this.parts.get(name).textContent = "";
    window.location.replace(address);
  }

  /** The same text, with the key of the session that she has now: this page, asked for again, holds it. */
  private async withNewKey(body: string): Promise<string> {
    const page = await fetch(this.parts.root.dataset["page"] ?? "", { cache: "no-store" })
      .then((response) => response.text())
      .catch(() => "");
    const again = new DOMParser().parseFromString(page, "text/html").getElementById("flow");
    const { items } = JSON.parse(body) as { items: readonly Item[] };
    return bodyOf({ form_key: again?.dataset["formKey"] ?? "" }, items);
  }
}

const root = document.getElementById("flow");
if (root !== null) {
  new Page(root);
  document.getElementById("needs-script")?.remove();
  root.hidden = false;
}
