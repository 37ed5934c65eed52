import type { Clock, Timer } from "../../contracts/clock.ts";
import type { Status } from "../../contracts/shapes.ts";

/** What a user may say of itself. */
export type Said = Exclude<Status, "offline">;

export interface PresenceChange {
  userId: string;
  status: Status;
  /** With "offline": when the last route went. */
  lastSeen?: number;
}

export interface PresencesOptions {
  clock: Clock;
  /** Offline only after so long without a route. */
  graceMs: number;
  /** What others can see by now; never empty. */
  onChanges(changes: PresenceChange[]): void;
}

interface Person {
  said: Said;
  /** Whether it counts as there: from the first route on, until the grace has passed. */
  shown: boolean;
}

/**
 * Everybody's presence. Who comes is online, or what they say; who goes stays so for a grace time, and a
 * reconnect within it is silent. After the grace what was said is forgotten. Who says something before the route
 * is known is expected, for as long as the grace.
 */
export class Presences {
  readonly #options: PresencesOptions;
  readonly #people = new Map<string, Person>();
  /** Those without a route, since when; the longest first. */
  readonly #without = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(options: PresencesOptions) {
    this.#options = options;
  }

  statusOf(userId: string): Status {
    const person = this.#people.get(userId);
    return person?.shown ? person.said : "offline";
  }

  /** How many are not offline. */
  get size(): number {
    return this.#people.size;
  }

  /** These have a route now. */
  came(userIds: string[]): void {
    const changes: PresenceChange[] = [];
    for (const userId of userIds) {
      const person = this.#people.get(userId) ?? { said: "online", shown: false };
      this.#without.delete(userId);
      if (person.shown) continue;
      person.shown = true;
      this.#people.set(userId, person);
      changes.push({ userId, status: person.said });
    }
    this.#tell(changes);
  }

  /** These have no route any more. */
  went(userIds: string[]): void {
    for (const userId of userIds) if (this.#people.has(userId)) this.#await(userId);
  }

  say(userId: string, said: Said): void {
    const person = this.#people.get(userId);
    if (!person) {
      this.#people.set(userId, { said, shown: false });
      this.#await(userId);
    } else if (person.said !== said) {
      person.said = said;
      if (person.shown) this.#tell([{ userId, status: said }]);
    }
  }

  /** Whatever was said, but for "online". */
  *said(): Generator<[userId: string, said: Said]> {
    for (const [userId, { said }] of this.#people) if (said !== "online") yield [userId, said];
  }

  close(): void {
    this.#timer?.cancel();
  }

  #await(userId: string): void {
    this.#without.delete(userId);
    this.#without.set(userId, this.#options.clock.now());
    this.#arm(this.#options.graceMs);
  }

  /** One timer for all: for whoever has been without a route the longest. */
  #arm(ms: number): void {
    this.#timer ??= this.#options.clock.after(ms, () => {
      this.#timer = undefined;
      this.#sweep();
    });
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    const changes: PresenceChange[] = [];
    for (const [userId, since] of this.#without) {
      const left = since + this.#options.graceMs - now;
      if (left > 0) {
        this.#arm(left);
        break;
      }
      this.#without.delete(userId);
      if (this.#people.get(userId)?.shown) changes.push({ userId, status: "offline", lastSeen: since });
      this.#people.delete(userId);
    }
    this.#tell(changes);
  }

  #tell(changes: PresenceChange[]): void {
    if (changes.length > 0) this.#options.onChanges(changes);
  }
}
