/** The page's elements by the name that its template gives them (data-part). */
export class Parts {
  readonly root: HTMLElement;

  constructor(root: HTMLElement) {
    this.root = root;
  }

  /** Null where this page has no such part. */
  maybe(name: string): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`[data-part="${name}"]`);
  }

  /** Throws: Error where the page has none, which is a fault of ours. */
  get(name: string): HTMLElement {
    return found(this.root, `[data-part="${name}"]`, HTMLElement);
  }

  /** Throws: Error where the page has none that is a field. */
  field(name: string): HTMLInputElement {
    return found(this.root, `[data-part="${name}"]`, HTMLInputElement);
  }

  /** Throws: Error where the page has none that is a template. */
  template(name: string): HTMLTemplateElement {
    return found(this.root, `[data-part="${name}"]`, HTMLTemplateElement);
  }

  /** Have something done when a button is pressed, where the page has it. */
  on(name: string, act: () => void): void {
    this.maybe(name)?.addEventListener("click", act);
  }

  /** Show one step alone, and take readers to its heading. */
  step(name: string): void {
    for (const each of this.root.querySelectorAll<HTMLElement>("[data-step]"))
      each.hidden = each.dataset["step"] !== name;
    this.root.querySelector<HTMLElement>(`[data-step="${name}"] h1`)?.focus();
    window.scrollTo({ top: 0, behavior: "instant" });
  }

  /** Have a screen reader say it, and nobody see it. */
  announce(words: string): void {
    this.get("said").textContent = words;
  }
}

/** The one element that a selector means.  Throws: Error where there is none, or of another type: a fault of ours. */
export function found<T extends HTMLElement>(of: ParentNode, selector: string, type: new () => T): T {
  const element = of.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`the page has no ${selector}`);
}
