import type { Clock, Timer } from "../contracts/clock.ts";

interface Alarm {
  at: number;
  every?: number;
  callback: () => void;
}

/** A clock that stands still until it is turned. */
export class ManualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<Alarm>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): Timer {
    return this.#set({ at: this.#now + ms, callback });
  }

  every(ms: number, callback: () => void): Timer {
    return this.#set({ at: this.#now + ms, every: ms, callback });
  }

  /** Turns it on by `ms`; what is due on the way runs at its time, in order. */
  turn(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#first(end); due; due = this.#first(end)) {
      this.#now = Math.max(this.#now, due.at);
      if (due.every === undefined) this.#alarms.delete(due);
      else due.at = this.#now + due.every;
      due.callback();
    }
    this.#now = end;
  }

  /** Passes `ms` while the process stands still: nothing runs, and what was due is late. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  #first(end: number): Alarm | undefined {
    return [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }

  #set(alarm: Alarm): Timer {
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }
}
