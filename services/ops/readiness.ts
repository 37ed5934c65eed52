import type { Clock } from "../../contracts/clock.ts";

/** Resolves if the part works. */
export type Check = () => Promise<void>;

const PATIENCE_MS = 1_000;

/** Asks each part whether it works; one that does not say so in a second does not. Whoever asks meanwhile gets the same answer. */
export class Readiness {
  readonly #checks: Record<string, Check>;
  readonly #clock: Clock;
  #asking: Promise<string[]> | undefined;

  constructor(checks: Record<string, Check>, clock: Clock) {
    this.#checks = checks;
    this.#clock = clock;
  }

  /** Names of the parts that do not work. */
  notReady(): Promise<string[]> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<string[]> {
    const names = Object.keys(this.#checks);
    const works = await Promise.all(Object.values(this.#checks).map((check) => this.#works(check)));
    return names.filter((_, i) => !works[i]);
  }

  #works(check: Check): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = this.#clock.after(PATIENCE_MS, () => resolve(false));
      const settle = (works: boolean) => {
        patience.cancel();
        resolve(works);
      };
      check().then(
        () => settle(true),
        () => settle(false),
      );
    });
  }
}
