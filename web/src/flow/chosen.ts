/** The files that she chose, and how far each is.  Knows no page. */
import { type ErrorCode, FingerprintError } from "../errors.ts";
import type { Fingerprinter, Job } from "../fingerprinter.ts";
import type { Made } from "../messages.ts";

/** As many as a case holds. */
export const MOST_FILES = 500;

export type State =
  | { readonly at: "waiting" }
  | { readonly at: "working"; readonly share: number }
  | { readonly at: "made"; readonly made: Made }
  | { readonly at: "refused"; readonly code: ErrorCode };

export class ChosenFile {
  readonly file: File;
  state: State = { at: "waiting" };
  job: Job | null = null;

  constructor(file: File) {
    this.file = file;
  }

  get isDone(): boolean {
    return this.state.at === "made" || this.state.at === "refused";
  }

  isOf(other: File): boolean {
    const { name, size, lastModified } = this.file;
    return name === other.name && size === other.size && lastModified === other.lastModified;
  }
}

/** Files in the order in which they were chosen; their fingerprints are made at once. */
export class Choice {
  readonly files: ChosenFile[] = [];
  private readonly fingerprinter: Fingerprinter;
  private readonly onChange: (changed: ChosenFile) => void;

  /** onChange: told of every step of a file. */
  constructor(fingerprinter: Fingerprinter, onChange: (changed: ChosenFile) => void) {
    this.fingerprinter = fingerprinter;
    this.onChange = onChange;
  }

  /** Returns: those that are new; a file that is chosen twice counts once.  Of too many, the last are left out. */
  add(files: Iterable<File>): readonly ChosenFile[] {
    const added: ChosenFile[] = [];
    for (const file of files) {
      if (this.files.length === MOST_FILES || this.files.some((each) => each.isOf(file))) continue;
      const chosen = new ChosenFile(file);
      this.files.push(chosen);
      added.push(chosen);
    }
    return added;
  }

  /** Begin with a file. */
  make(chosen: ChosenFile): void {
    const become = (state: State): void => {
      if (!this.files.includes(chosen)) return; // it was removed meanwhile
      chosen.state = state;
      this.onChange(chosen);
    };
    // Parts are always fingerprinted, so that she can still change her mind about them; see `bodyOf`.
    chosen.job = this.fingerprinter.add(chosen.file, { regions: true }, (share) => {
      become({ at: "working", share });
    });
    chosen.job.made.then(
      (made) => {
        become({ at: "made", made });
      },
      (error: unknown) => {
        become({ at: "refused", code: error instanceof FingerprintError ? error.code : "failed" });
      },
    );
  }

  remove(chosen: ChosenFile): void {
    const at = this.files.indexOf(chosen);
    if (at < 0) return;
    this.files.splice(at, 1);
    if (!chosen.isDone) chosen.job?.cancel();
  }

  get done(): number {
    return this.files.filter((each) => each.isDone).length;
  }

  get isAllDone(): boolean {
    return this.done === this.files.length;
  }

  /** What was made, in order. */
  get made(): readonly Made[] {
    return this.files.flatMap(({ state }) => (state.at === "made" ? [state.made] : []));
  }
}
