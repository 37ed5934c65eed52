/** Resolves behind all that was resolved in this turn of the event loop, and before the next. */
export const endOfTurn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
