import type { Clock } from "../contracts/clock.ts";

/** Time in a browser or in Node. Its timers keep a Node process alive until the client is closed. */
export const clientClock: Clock = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms);
    return { cancel: () => clearInterval(timer) };
  },
};

/** The longest time that a browser's timer can wait. */
export const longestTimerMs = 2 ** 31 - 1;
