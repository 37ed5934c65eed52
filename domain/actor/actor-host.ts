import type { Clock, Timer } from "../../contracts/clock.ts";
import { Mailbox } from "./mailbox.ts";
import { MovedError } from "./moved.ts";
import { PauseWatch } from "./pause-watch.ts";

export interface ActorHostOptions<A> {
  /** Brings the actor to life. What it throws is the answer of all who were waiting for it. */
  activate(key: string): Promise<A>;
  /** The actor finishes what it has begun and lets go; it gets no further turn. Must settle within a bounded time. */
  passivate(actor: A, key: string): Promise<void>;
  clock: Clock;
  /** An actor without a turn for so long is passivated. */
  idleMs: number;
  /** Above this many the one used least recently is passivated. */
  maxActive: number;
  /** Most turns that may wait for one actor. */
  maxMailbox: number;
  /** After the process stood still for so long, every actor is activated anew before its next turn. */
  pauseMs?: number;
  /** Told how long each turn took. */
  onTurn?(ms: number): void;
  onPassivateFailed?(error: unknown, key: string): void;
}

class Cell<A> {
  readonly key: string;
  readonly mailbox: Mailbox;
  actor: { self: A; pauses: number } | undefined;
  lastUsed: number;
  leaving = false;

  constructor(key: string, maxMailbox: number, now: number) {
    this.key = key;
    this.mailbox = new Mailbox(maxMailbox);
    this.lastUsed = now;
  }
}

/**
 * The actors of one kind on this node. For each key: activation on demand, at most one at a time, everything
 * that happens to it in one mailbox, so that activation, turns and passivation never overlap.
 */
export class ActorHost<A> {
  readonly #options: ActorHostOptions<A>;
  readonly #pauseWatch: PauseWatch;
  readonly #sweep: Timer;
  /** By use: the least recently used first. */
  readonly #cells = new Map<string, Cell<A>>();
  #stopped = false;

  constructor(options: ActorHostOptions<A>) {
    this.#options = options;
    this.#pauseWatch = new PauseWatch(options.clock, options.pauseMs ?? 5000);
    this.#sweep = options.clock.every(Math.max(1, options.idleMs / 2), () => this.#passivateIdle());
  }

  get active(): number {
    return this.#cells.size;
  }

  get waiting(): number {
    let sum = 0;
    for (const cell of this.#cells.values()) sum += cell.mailbox.waiting;
    return sum;
  }

  /** Runs `turn` as a turn of that actor. OVERLOADED at once when too much waits for it, MovedError after `stop`. */
  run<T>(key: string, turn: (actor: A) => T | Promise<T>): Promise<T> {
    if (this.#stopped) return Promise.reject(new MovedError());
    const cell = this.#use(key);
    return cell.mailbox.run(() => this.#turn(cell, turn));
  }

  /** Resolves when the actor, if there is one, has let go. Turns that wait are served by a new activation. */
  async passivate(key: string): Promise<void> {
    const cell = this.#cells.get(key);
    if (cell) await this.#enqueuePassivation(cell);
  }

  /** Resolves when all actors whose keys these are have let go. */
  async passivateWhere(leaves: (key: string) => boolean): Promise<void> {
    const leaving = [...this.#cells.values()].filter(({ key }) => leaves(key));
    await Promise.all(leaving.map((cell) => this.#enqueuePassivation(cell)));
  }

  /** Forgets this activation without a word to it: it has failed. The next turn activates anew. */
  discard(key: string, actor: A): void {
    const cell = this.#cells.get(key);
    if (cell?.actor?.self === actor) cell.actor = undefined;
  }

  /** Takes no more turns, and passivates all after those that wait. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sweep.cancel();
    this.#pauseWatch.stop();
    await Promise.all([...this.#cells.values()].map((cell) => this.#enqueuePassivation(cell)));
  }

  #use(key: string): Cell<A> {
    const now = this.#options.clock.now();
    const known = this.#cells.get(key);
    const cell = known ?? new Cell<A>(key, this.#options.maxMailbox, now);
    cell.lastUsed = now;
    if (known) this.#cells.delete(key);
    this.#cells.set(key, cell);
    if (!known) this.#makeRoom();
    return cell;
  }

  #turn<T>(cell: Cell<A>, turn: (actor: A) => T | Promise<T>): T | Promise<T> {
    const { actor } = cell;
    if (actor && actor.pauses === this.#pauseWatch.pauses) return this.#timed(actor.self, turn);
    return this.#activated(cell).then((self) => this.#timed(self, turn));
  }

  #timed<T>(actor: A, turn: (actor: A) => T | Promise<T>): T | Promise<T> {
    const { clock, onTurn } = this.#options;
    if (!onTurn) return turn(actor);
    const began = clock.now();
    const told = () => onTurn(clock.now() - began);
    const result = turn(actor);
    if (result instanceof Promise) return result.finally(told);
    told();
    return result;
  }

  async #activated(cell: Cell<A>): Promise<A> {
    const pauses = this.#pauseWatch.pauses;
    if (cell.actor && cell.actor.pauses !== pauses) await this.#release(cell);
    if (cell.actor) return cell.actor.self;
    try {
      const self = await this.#options.activate(cell.key);
      cell.actor = { self, pauses };
      return self;
    } catch (error) {
      cell.mailbox.refuseWaiting(error);
      this.#forgetWhenEmpty(cell);
      throw error;
    }
  }

  /** Never rejects: when an activation fails, all that waits is refused, this too, and then there is nothing to let go of. */
  #enqueuePassivation(cell: Cell<A>): Promise<void> {
    const passivation = cell.mailbox.enqueue(async () => {
      await this.#release(cell);
      this.#forgetWhenEmpty(cell);
    });
    return passivation.catch(() => {});
  }

  async #release(cell: Cell<A>): Promise<void> {
    const actor = cell.actor?.self;
    if (actor === undefined) return;
    try {
      await this.#options.passivate(actor, cell.key);
    } catch (error) {
      this.#options.onPassivateFailed?.(error, cell.key);
    }
    cell.actor = undefined;
  }

  /** Called within the cell's last turn: a cell with turns left stays, so that there is never a second one for its key. */
  #forgetWhenEmpty(cell: Cell<A>): void {
    cell.leaving = false;
    if (cell.mailbox.waiting === 0 && this.#cells.get(cell.key) === cell) this.#cells.delete(cell.key);
  }

  #passivateIdle(): void {
    const before = this.#options.clock.now() - this.#options.idleMs;
    for (const cell of this.#cells.values()) {
      if (cell.lastUsed > before) return;
      this.#leave(cell);
    }
  }

  #makeRoom(): void {
    let excess = this.#cells.size - this.#options.maxActive;
    for (const cell of this.#cells.values()) {
      if (excess <= 0) return;
      if (this.#leave(cell)) excess--;
    }
  }

  #leave(cell: Cell<A>): boolean {
    if (cell.leaving) return true;
    if (!cell.mailbox.empty) return false;
    cell.leaving = true;
    void this.#enqueuePassivation(cell);
    return true;
  }
}
