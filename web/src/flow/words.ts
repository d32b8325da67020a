/** What the script says, in the page's language: the page brings the words, since translators work on pages. */
export class Words {
  private readonly said = new Map<string, string>();

  /** from: the page's <template> of elements with data-word. */
  constructor(from: HTMLTemplateElement) {
    for (const each of from.content.querySelectorAll<HTMLElement>("[data-word]"))
      this.said.set(each.dataset["word"] ?? "", each.textContent);
  }

  /** The words of that name, with {blanks} filled.  Throws: Error where the page has none, which is a fault of ours. */
  say(name: string, blanks: Readonly<Record<string, string | number>> = {}): string {
    const words = this.said.get(name);
    if (words === undefined) throw new Error(`no words for ${name}`);
    return words.replace(/\{(\w+)\}/g, (_, blank: string) => String(blanks[blank] ?? ""));
  }
}
