import type { Clock, Timer } from "../../contracts/clock.ts";

/** Time that passes as fast as the simulation can compute it. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #due: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): Timer {
    const one = { at: this.#now + ms, callback };
    this.#due.push(one);
    return { cancel: () => void (one.callback = () => {}) };
  }

  every(ms: number, callback: () => void): Timer {
    let timer = this.after(ms, tick);
    const self = this;
    function tick(): void {
      timer = self.after(ms, tick);
      callback();
    }
    return { cancel: () => timer.cancel() };
  }

  /** Lets `ms` pass; what is due meanwhile runs at its time. */
  turn(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next >= 0; next = this.#next(end)) {
      const [one] = this.#due.splice(next, 1);
      this.#now = Math.max(this.#now, one?.at ?? 0);
      one?.callback();
    }
    this.#now = end;
  }

  #next(end: number): number {
    let found = -1;
    let earliest = end;
    for (const [i, { at }] of this.#due.entries()) {
      if (at > earliest || (at === earliest && found >= 0)) continue;
      earliest = at;
      found = i;
    }
    return found;
  }
}
