import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import { dictionary } from "@zxcvbn-ts/language-common";
import { OverloadedError, ValidationError } from "../../contracts/errors.ts";
import { fold } from "../../domain/account/names.ts";

/** argon2id as OWASP advises: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Two at a time leave libuv's other threads to the rest of the process and bound the memory. */
const AT_ONCE = 2;
/** At 20 to 50 ms each, the last one waits for a few seconds. */
const MAY_WAIT = 100;

const SHORTEST = 8;
const common = new Set(dictionary["passwords-common"].filter((word) => word.length >= SHORTEST));

/** VALIDATION for a password that is among those tried first. */
export function refuseCommon(password: string): void {
  if (common.has(fold(password))) throw ValidationError.at("password", "is too common");
}

/** Hashes and checks passwords, few at a time; OVERLOADED when too many wait. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Checked against when there is no account, so that the answer takes as long. */
  readonly #nobody = hash(randomBytes(16), cost);

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normal(password), cost));
  }

  /** False, after the same time, if there is no hash. */
  matches(hashed: string | undefined, password: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const good = await verify(hashed ?? (await this.#nobody), normal(password));
      return good && hashed !== undefined;
    });
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await this.#turn();
    else this.#running++;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** Resolves when a turn was handed over. */
  #turn(): Promise<void> {
    if (this.#waiting.length >= MAY_WAIT) throw new OverloadedError("Too many sign in at once", { retryAfterMs: 1000 });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** One password however a keyboard composes it. */
const normal = (password: string) => password.normalize("NFKC");
