/** Texts of this length, which begin with the time at which they were sent. */
const LENGTH = 100;
const BEFORE = '"content":"';

export const stampedText = (): string => performance.now().toFixed(3).padEnd(LENGTH, ".");

/** When the text in this frame was sent, in this process's time. */
export function stampIn(frame: string): number {
  return Number.parseFloat(frame.slice(frame.indexOf(BEFORE) + BEFORE.length));
}
