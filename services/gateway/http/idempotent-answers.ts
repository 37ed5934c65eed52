import { createHash, createHmac } from "node:crypto";
import type { Clock } from "../../../contracts/clock.ts";
import { ConflictError, ValidationError } from "../../../contracts/errors.ts";
import type { IdempotencyKeys } from "../../../stores/accounts/idempotency.ts";

/** What goes back to the client; `json` is absent with 204. */
export interface Answer {
  status: number;
  json?: string;
}

/** A request that carried an Idempotency-Key. */
export interface KeyedRequest {
  /** Whose key it is: two owners may use the same one. */
  owner: string;
  /** Stands for the key, which is not stored itself. */
  key: string;
  /** Stands for the row and its input. */
  fingerprint: string;
}

/** Its input may hold a password: without the key, which only the client has, nobody can try passwords on the fingerprint. */
export function keyedRequest(owner: string, key: string, name: string, input: unknown): KeyedRequest {
  return {
    owner,
    key: createHash("sha256").update(key).digest("base64url"),
    fingerprint: createHmac("sha256", key)
      .update(JSON.stringify([name, input]))
      .digest("base64url"),
  };
}

const KEPT_MS = 24 * 3600_000;
const SWEEP_EVERY_MS = 3600_000;
const LOOK_AGAIN_MS = 100;
const LOOKS = 30;

/** Runs a keyed request once in 24 hours; whoever repeats it is given the first answer, if that was a success. */
export class IdempotentAnswers {
  readonly #keys: () => Promise<IdempotencyKeys>;
  readonly #clock: Clock;
  #nextSweep = 0;

  constructor(keys: () => Promise<IdempotencyKeys>, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** CONFLICT if the key stands for another request, or if the first one takes too long. */
  async once(request: KeyedRequest, run: () => Promise<Answer>): Promise<Answer> {
    const keys = await this.#keys();
    this.#sweep(keys);
    const { owner, key, fingerprint } = request;
    for (let look = 0; look < LOOKS; look++) {
      const begun = await keys.begin(owner, key, fingerprint);
      if (begun.state === "new") return this.#first(keys, request, run);
      if (begun.state === "done") return { status: begun.status, json: begun.body };
      if (begun.state === "mismatch") throw new ConflictError("this Idempotency-Key was used for another request");
      await new Promise<void>((resolve) => this.#clock.after(LOOK_AGAIN_MS, resolve));
    }
    throw new ConflictError("the first request with this Idempotency-Key is still under way", { retryAfterMs: 1000 });
  }

  async #first(keys: IdempotencyKeys, { owner, key }: KeyedRequest, run: () => Promise<Answer>): Promise<Answer> {
    const answer = await run().catch(async (error) => {
      await keys.abandon(owner, key).catch(() => undefined);
      throw error;
    });
    // What was done is done: failing to note it must not turn it into a failure.
    await keys.finish(owner, key, answer.status, answer.json ?? "").catch(() => undefined);
    return answer;
  }

  #sweep(keys: IdempotencyKeys): void {
    const now = this.#clock.now();
    if (now < this.#nextSweep) return;
    this.#nextSweep = now + SWEEP_EVERY_MS;
    void keys.sweep(now - KEPT_MS).catch(() => undefined);
  }
}

const keyForm = /^[\x21-\x7e]{1,255}$/;

/** The key of a request's header, if it has one; VALIDATION for one that is too long or not printable ASCII. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== "string" || !keyForm.test(header)) {
    throw ValidationError.at("Idempotency-Key", "must be 1 to 255 printable ASCII characters");
  }
  return header;
}
