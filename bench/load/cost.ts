import type { Server } from "../servers/server.ts";

/** Of what is delivered while `run` is under way: how much a second, and the server's microseconds for each. */
export async function costOf(server: Server, counter: { delivered: number }, run: () => Promise<void>) {
  const [before, cpuBefore, began] = [counter.delivered, server.cpuSeconds(), performance.now()];
  await run();
  const [count, cpuSeconds] = [counter.delivered - before, server.cpuSeconds() - cpuBefore];
  return { rate: (count / (performance.now() - began)) * 1000, cpu: (cpuSeconds / count) * 1e6 };
}
