/** Time as the engine sees it. Tests pass one they turn by hand. */
export interface Clock {
  /** Milliseconds since 1970, UTC. May jump; never compare readings of two machines. */
  now(): number;
  /** Runs `callback` once after `ms`. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): Timer;
  /** Runs `callback` every `ms`, until cancelled. */
  every(ms: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms).unref();
    return { cancel: () => clearInterval(timer) };
  },
};
