import type { Caller } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";
import { repeat } from "../../domain/pacing/repeat.ts";
import type { RevokedDevice } from "../../stores/accounts/devices.ts";

/** How often the accounts are asked again, in case an event got lost. */
const READ_EVERY_MS = 30_000;
/** How often the feed is asked, which is cheap. */
const NEWS_EVERY_MS = 1000;
/** In one answer: below the megabyte of a transporter. */
const MOST_TOLD = 5000;

/** Where revocations are found that no event told of. */
export interface RevocationSources {
  /** From the accounts: the truth. */
  read(since: Date): Promise<RevokedDevice[]>;
  /** From the feed: sooner, if it works. */
  news(): Promise<RevokedDevice[]>;
}

/**
 * Which devices were signed out within the life of an access token, so that their tokens are refused at once.
 * Kept fresh by events; read from the accounts at the start and now and then, and from the feed every second. What is
 * found there and was not known is told again, as gateways may have missed the same event.
 */
export class Revocations {
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #revoked = new Map<string, RevokedDevice>();
  readonly #tellAgain: (device: RevokedDevice) => void;
  #timers: Timer[] = [];

  constructor(clock: Clock, tokenSeconds: number, tellAgain: (device: RevokedDevice) => void) {
    this.#clock = clock;
    this.#lifeMs = tokenSeconds * 1000;
    this.#tellAgain = tellAgain;
  }

  /** Resolves when the accounts were read once. */
  async start({ read, news }: RevocationSources, onError: (error: unknown) => void): Promise<void> {
    const readAll = () => read(new Date(this.#horizon()));
    for (const device of await readAll()) this.add(device);
    const readAgain = async () => {
      this.#forgetOld();
      this.#learn(await readAll());
    };
    const hearNews = async () => this.#learn(await news());
    this.#timers = [
      repeat(this.#clock, READ_EVERY_MS, readAgain, onError),
      // Whoever made the feed says when it does not work.
      repeat(this.#clock, NEWS_EVERY_MS, hearNews, () => undefined),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** False if that was known. */
  add(device: RevokedDevice): boolean {
    const known = this.#revoked.get(device.deviceId);
    if (known && known.revokedAt >= device.revokedAt) return false;
    this.#revoked.set(device.deviceId, device);
    return true;
  }

  since(time: number): RevokedDevice[] {
    const found = [...this.#revoked.values()].filter(({ revokedAt }) => revokedAt.getTime() >= time);
    return found.sort((a, b) => a.revokedAt.getTime() - b.revokedAt.getTime()).slice(-MOST_TOLD);
  }

  /** Whether a token of this device, issued at that second, is not good any more. See `issueSecond`. */
  covers(deviceId: string, issuedAt: number): boolean {
    const revoked = this.#revoked.get(deviceId);
    return revoked !== undefined && issuedAt <= Math.floor(revoked.revokedAt.getTime() / 1000);
  }

  #learn(devices: RevokedDevice[]): void {
    const horizon = this.#horizon();
    for (const device of devices) {
      if (device.revokedAt.getTime() >= horizon && this.add(device)) this.#tellAgain(device);
    }
  }

  #horizon(): number {
    return this.#clock.now() - this.#lifeMs - READ_EVERY_MS;
  }

  #forgetOld(): void {
    const horizon = this.#horizon();
    for (const { deviceId, revokedAt } of this.#revoked.values())
      if (revokedAt.getTime() < horizon) this.#revoked.delete(deviceId);
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

export function tellRevoked({ broadcast }: Caller, device: RevokedDevice): void {
  broadcast("auth.deviceRevoked", asTold(device));
}

export const asTold = ({ userId, deviceId, revokedAt }: RevokedDevice) => ({ userId, deviceId, revokedAt: revokedAt.getTime() });
