import type { Clock, Timer } from "../../contracts/clock.ts";
import type { DeviceCursor, UserCursor } from "../participation.ts";
import { PendingCursors } from "./pending-cursors.ts";

/** Cursors are written at the latest so long after they moved, */
const WRITE_BEHIND_MS = 1000;
/** or when so many wait. */
const WRITE_AT = 5000;
/** While the store does not take them no more than so many are kept; losing some only delivers again. */
const KEEP = 100_000;

/** Writes cursors some time after they moved: the furthest of many moves in one write, one write at a time. */
export class CursorsBehind {
  readonly #clock: Clock;
  readonly #write: (cursors: PendingCursors) => Promise<unknown>;
  #pending = new PendingCursors();
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, write: (cursors: PendingCursors) => Promise<unknown>) {
    this.#clock = clock;
    this.#write = write;
  }

  advanceUsers(cursors: UserCursor[]): void {
    if (this.#pending.size >= KEEP) return;
    for (const cursor of cursors) this.#pending.advanceUser(cursor);
    this.#writeSoon();
  }

  advanceDevices(cursors: DeviceCursor[]): void {
    if (this.#pending.size >= KEEP) return;
    for (const cursor of cursors) this.#pending.advanceDevice(cursor);
    this.#writeSoon();
  }

  /** Resolves when none of this device's cursors is under way; none of those that moved before will be written. */
  async forgetDevice(deviceId: string): Promise<void> {
    this.#pending.forgetDevice(deviceId);
    await this.#writing?.catch(() => {});
    this.#pending.forgetDevice(deviceId);
  }

  /** Resolves when all that moved before is written. */
  flush(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#writing) return this.#pending.size > 0 ? this.#start() : Promise.resolve();
    if (this.#pending.size === 0) return this.#writing;
    this.#next = this.#writing.catch(() => {}).then(() => this.#start());
    return this.#next;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.flush();
  }

  #writeSoon(): void {
    if (this.#pending.size >= WRITE_AT) this.flush().catch(() => {});
    if (this.#closed || this.#timer || this.#pending.size === 0) return;
    this.#timer = this.#clock.after(WRITE_BEHIND_MS, () => {
      this.#timer = undefined;
      this.flush().catch(() => {});
    });
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const writing = this.#writePending().finally(() => {
      if (this.#writing === writing) this.#writing = undefined;
    });
    this.#writing = writing;
    return writing;
  }

  /** What could not be written is pending again. */
  async #writePending(): Promise<void> {
    const taken = this.#pending;
    this.#pending = new PendingCursors();
    try {
      await this.#write(taken);
    } catch (error) {
      if (this.#pending.size < KEEP) this.#pending.merge(taken);
      this.#writeSoon();
      throw error;
    }
  }
}
