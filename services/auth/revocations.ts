import type { Clock, Timer } from "../../contracts/clock.ts";
import { repeat } from "../../domain/pacing/repeat.ts";
import type { RevokedDevice } from "../../stores/devices.ts";

/** How often the list is read again, in case an event got lost. */
const READ_EVERY_MS = 30_000;

/**
 * Which devices were signed out within the life of an access token, so that their tokens are refused at once.
 * Kept fresh by events, and read from the store at the start and now and then.
 */
export class Revocations {
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #times = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock, tokenSeconds: number) {
    this.#clock = clock;
    this.#lifeMs = tokenSeconds * 1000;
  }

  /** Resolves when the list was read once. */
  async start(read: (since: Date) => Promise<RevokedDevice[]>, onError: (error: unknown) => void): Promise<void> {
    const refresh = async () => {
      this.#forgetOld();
      for (const { deviceId, revokedAt } of await read(new Date(this.#horizon()))) this.add(deviceId, revokedAt.getTime());
    };
    await refresh();
    this.#timer = repeat(this.#clock, READ_EVERY_MS, refresh, onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  add(deviceId: string, revokedAt: number): void {
    this.#times.set(deviceId, Math.max(revokedAt, this.#times.get(deviceId) ?? 0));
  }

  /** Whether a token of this device, issued at that second, is not good any more. See `issueSecond`. */
  covers(deviceId: string, issuedAt: number): boolean {
    const revokedAt = this.#times.get(deviceId);
    return revokedAt !== undefined && issuedAt <= Math.floor(revokedAt / 1000);
  }

  #horizon(): number {
    return this.#clock.now() - this.#lifeMs - READ_EVERY_MS;
  }

  #forgetOld(): void {
    for (const [deviceId, revokedAt] of this.#times) if (revokedAt < this.#horizon()) this.#times.delete(deviceId);
  }
}

/**
 * The second that stands in a token made at `at` as its time of issue: tokens count whole seconds, so after a
 * revocation the first new one bears the second after it.
 */
export function issueSecond(at: Date, revokedAt?: Date): number {
  const now = Math.floor(at.getTime() / 1000);
  return revokedAt ? Math.max(now, Math.floor(revokedAt.getTime() / 1000) + 1) : now;
}
