/** One server or several that do the work together. */
export interface Costly {
  /** Processor time that they have used, in seconds. */
  cpuSeconds(): number;
}

/** Of what is delivered while `run` is under way: how much a second, and the server's microseconds for each. */
export async function costOf(server: Costly, counter: { delivered: number }, run: () => Promise<void>) {
  const [before, cpuBefore, began] = [counter.delivered, server.cpuSeconds(), performance.now()];
  await run();
  const [count, cpuSeconds] = [counter.delivered - before, server.cpuSeconds() - cpuBefore];
  return { rate: (count / (performance.now() - began)) * 1000, cpu: (cpuSeconds / count) * 1e6 };
}
