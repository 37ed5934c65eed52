import { LRUCache } from "lru-cache";
import type { Clock } from "../../contracts/clock.ts";
import type { KnownUser } from "../../contracts/services/users.ts";
import { type Account, publicView } from "../../domain/account/account.ts";

const REMEMBERED = 50_000;
/** How long a user is believed to be unchanged if the event of a change got lost; also the age of `lastSeenAt`. */
const BELIEVED_MS = 60_000;

/** Users by id, from memory where it can; those missing are read together, each once however many ask at a time. */
export class KnownUsers {
  readonly #read: (ids: string[]) => Promise<Account[]>;
  readonly #known: LRUCache<string, KnownUser>;
  readonly #reading = new Map<string, Promise<KnownUser | undefined>>();

  constructor(clock: Clock, read: (ids: string[]) => Promise<Account[]>) {
    this.#read = read;
    this.#known = new LRUCache({ max: REMEMBERED, ttl: BELIEVED_MS, ttlResolution: 0, perf: { now: () => clock.now() } });
  }

  /** Those that exist, in the order asked for. */
  async resolve(ids: string[]): Promise<KnownUser[]> {
    const wanted = [...new Set(ids)];
    const unread = wanted.filter((id) => !this.#known.has(id) && !this.#reading.has(id));
    if (unread.length) this.#startReading(unread);
    const found = await Promise.all(wanted.map((id) => this.#reading.get(id) ?? this.#known.get(id)));
    return found.filter((user) => user !== undefined);
  }

  /** The user has changed: neither what is known nor what is being read right now is kept. */
  drop(id: string): void {
    this.#known.delete(id);
    this.#reading.delete(id);
  }

  #startReading(ids: string[]): void {
    const all = this.#fetch(ids);
    for (const id of ids) {
      const one: Promise<KnownUser | undefined> = all
        .then((users) => {
          const user = users.get(id);
          if (user && this.#reading.get(id) === one) this.#known.set(id, user);
          return user;
        })
        .finally(() => {
          if (this.#reading.get(id) === one) this.#reading.delete(id);
        });
      this.#reading.set(id, one);
    }
  }

  async #fetch(ids: string[]): Promise<Map<string, KnownUser>> {
    const accounts = await this.#read(ids);
    return new Map(accounts.map((account) => [account.id, knownUser(account)]));
  }
}

function knownUser(account: Account): KnownUser {
  const { privacy, lastSeenAt } = account;
  return { user: publicView(account), privacy, ...(lastSeenAt && { lastSeenAt: lastSeenAt.toISOString() }) };
}
