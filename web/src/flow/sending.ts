/**
 * Sends what was made, and goes on trying while the service is away: everything stays in memory, and the key that goes
 * with it has a case opened once however often it is sent.
 */

/** Seconds between tries; the last one again and again. */
const WAITS_S = [2, 5, 15, 30, 60];
const PATIENCE_MS = 60_000;
const KEY_BYTES = 16;

export type Outcome =
  { readonly kind: "done"; readonly answer: unknown } | { readonly kind: "signed-out" } | { readonly kind: "refused" };

export interface Waiting {
  /** the service is away, or asks for patience after too many cases */
  readonly why: "away" | "too-often";
  readonly seconds: number;
}

/** A key that nobody can guess: 128 random bits. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Sending {
  private readonly key = newKey();
  private readonly address: string;
  private readonly onWait: (waiting: Waiting) => void;
  private skip: () => void = () => undefined;

  /** onWait: told before each wait. */
  constructor(address: string, onWait: (waiting: Waiting) => void) {
    this.address = address;
    this.onWait = onWait;
  }

  /** Send it until there is an answer. */
  async send(body: string): Promise<Outcome> {
    for (let tries = 0; ; tries++) {
      const response = await this.tryOnce(body);
      if (response === null || isPassing(response.status)) await this.wait(response, tries);
      else if (response.status === 403) return { kind: "signed-out" };
      else if (!response.ok) return { kind: "refused" };
      else {
        // An answer that breaks off is asked for again: the key has the service say the same.
        const answer: unknown = await response.json().catch(() => null);
        if (answer !== null) return { kind: "done", answer };
        await this.wait(null, tries);
      }
    }
  }

  /** Do not wait any longer for the next try. */
  now(): void {
    this.skip();
  }

  private async tryOnce(body: string): Promise<Response | null> {
    try {
      return await fetch(this.address, {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json", "Idempotency-Key": this.key },
        cache: "no-store",
        credentials: "same-origin",
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      return null;
    }
  }

  private async wait(response: Response | null, tries: number): Promise<void> {
    const asked = Number(response?.headers.get("Retry-After") ?? 0);
    const usual = WAITS_S[Math.min(tries, WAITS_S.length - 1)] ?? 0;
    const seconds = Math.max(usual, Number.isFinite(asked) ? asked : 0);
    this.onWait({ why: response?.status === 429 ? "too-often" : "away", seconds });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.skip = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Whether the same may work later. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}
