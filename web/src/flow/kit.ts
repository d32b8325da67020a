/**
 * The kit: the whole way in one page that needs no network, down to a file for whoever opens the case.
 *
 * The page has each language in a <template data-language>; the one in use is a copy of it.
 */
import type { Fingerprinter } from "../fingerprinter.ts";
import { startFingerprinterInside } from "../inside.ts";
import { FilesStep } from "./files-step.ts";
import { Parts } from "./parts.ts";
import { Words } from "./words.ts";

const FILE_NAME = "fingerprints.json";
const VERSION = 1;
const STEPS = ["safe", "age", "about", "choose"] as const;

class Kit {
  private readonly fingerprinter: Fingerprinter = startFingerprinterInside();
  private files: FilesStep | null = null;

  constructor() {
    const languages = [...document.querySelectorAll<HTMLTemplateElement>("template[data-language]")];
    const codes = languages.map((each) => each.dataset["language"] ?? "");
    this.show(bestOf(codes, navigator.languages));
    window.addEventListener("beforeunload", (event) => {
      if (this.files?.hasFiles === true && !document.body.classList.contains("leaving")) event.preventDefault();
    });
  }

  /** Show a language, from the first step on. */
  private show(code: string): void {
    this.files?.clear();
    const template = document.querySelector<HTMLTemplateElement>(`template[data-language="${code}"]`);
    if (template === null) return;
    const place = document.getElementById("kit");
    place?.replaceChildren(template.content.cloneNode(true));
    document.documentElement.lang = code;
    const root = document.getElementById("flow");
    if (root === null || place === null) return;
    for (const each of place.querySelectorAll<HTMLButtonElement>("[data-to-language]"))
      each.addEventListener("click", () => {
        this.show(each.dataset["toLanguage"] ?? code);
      });
    const parts = new Parts(root);
    this.begin(parts);
    parts.step("safe");
  }

  private begin(parts: Parts): void {
    const { root } = parts;
    this.files = new FilesStep(
      parts,
      new Words(parts.template("words")),
      this.fingerprinter,
      () => ({ unseen: VERSION, statements: this.statements(root) }),
      (body) => {
        save(body);
        parts.step("saved");
      },
    );
    for (const form of root.querySelectorAll("form"))
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.goOn(parts, form);
      });
  }

  /** To the step after the one that the form is in. */
  private goOn(parts: Parts, form: HTMLFormElement): void {
    const here = form.closest<HTMLElement>("[data-step]")?.dataset["step"] ?? "";
    const said = new FormData(form);
    const age = said.get("age");
    const at = STEPS.findIndex((step) => step === here);
    parts.step(age === null || age === "adult" ? (STEPS[at + 1] ?? "choose") : "under-18");
  }

  private statements(root: HTMLElement): object {
    const said = new FormData(root.querySelector<HTMLFormElement>('[data-step="about"] form') ?? undefined);
    return { acting: said.get("acting"), sharing: said.get("sharing"), without_consent: true, age: "adult" };
  }
}

/** Of the languages that there are, the one that the browser asks for first; else English. */
export function bestOf(codes: readonly string[], asked: readonly string[]): string {
  for (const each of asked) {
    const { language, script } = new Intl.Locale(each).maximize();
    const found = codes.find((code) => code === language || code === `${language}-${script ?? ""}`);
    if (found !== undefined) return found;
  }
  return "en";
}

function save(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = FILE_NAME;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}

new Kit();
