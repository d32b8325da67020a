/** One chosen file as the page shows it: a veiled thumbnail, how far it is, and a way to remove it. */
import type { ChosenFile } from "./chosen.ts";
import { found } from "./parts.ts";
import type { Words } from "./words.ts";

export class Row {
  readonly element: HTMLElement;
  private readonly chosen: ChosenFile;
  private readonly words: Words;
  private readonly state: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly thumb: HTMLButtonElement;
  private address: string | null = null;

  constructor(template: HTMLTemplateElement, chosen: ChosenFile, words: Words, onRemove: () => void) {
    const copy = template.content.cloneNode(true) as DocumentFragment;
    this.element = found(copy, "li", HTMLLIElement);
    this.state = found(copy, ".state", HTMLElement);
    this.bar = found(copy, "progress", HTMLProgressElement);
    this.thumb = found(copy, ".thumb", HTMLButtonElement);
    this.chosen = chosen;
    this.words = words;
    const { name } = chosen.file;
    found(copy, ".file", HTMLElement).textContent = name;
    this.bar.setAttribute("aria-label", name);
    const remove = found(copy, ".remove", HTMLElement);
    remove.setAttribute("aria-label", words.say("remove", { name }));
    remove.addEventListener("click", onRemove);
    this.thumb.setAttribute("aria-label", words.say("reveal", { name }));
    this.thumb.addEventListener("click", () => {
      this.thumb.setAttribute("aria-pressed", String(this.thumb.getAttribute("aria-pressed") === "false"));
    });
    this.show();
  }

  /** Show how far the file is. */
  show(): void {
    const { state } = this.chosen;
    this.state.textContent = this.said;
    this.bar.hidden = this.chosen.isDone;
    this.bar.value = state.at === "working" ? state.share : 0;
    this.element.classList.toggle("wrong", state.at === "refused");
    if (state.at === "made" && this.address === null) this.reveal(state.made.media);
  }

  /** How far the file is, in words. */
  get said(): string {
    const { state } = this.chosen;
    if (state.at === "refused") return this.words.say(state.code);
    if (state.at !== "made") return this.words.say(state.at);
    const [note] = state.made.notes;
    return this.words.say(note ?? "made");
  }

  /** Take it off the page, and the picture out of memory. */
  remove(): void {
    this.element.remove();
    if (this.address !== null) URL.revokeObjectURL(this.address);
  }

  /** The picture, behind a veil until it is tapped; only of a file that could be read, so that it can be shown. */
  private reveal(media: "picture" | "video"): void {
    this.address = URL.createObjectURL(this.chosen.file);
    const shown = media === "video" ? film(this.address) : picture(this.address);
    shown.addEventListener("error", () => {
      this.thumb.hidden = true; // fingerprinted by libheif perhaps, and the browser shows no HEIC
    });
    this.thumb.append(shown);
    this.thumb.hidden = false;
  }
}

function picture(address: string): HTMLImageElement {
  const image = document.createElement("img");
  image.loading = "lazy"; // of tens of files, only those in view are decoded
  image.decoding = "async";
  image.alt = "";
  image.src = address;
  return image;
}

function film(address: string): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "metadata";
  video.src = `${address}#t=0.1`; // or some browsers show nothing before it plays
  return video;
}
