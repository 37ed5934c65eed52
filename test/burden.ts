import { availableParallelism, loadavg } from "node:os";

/** How much longer everything takes now than on a machine that has a processor for whoever wants one; 1 if this is such. */
export const burden = (): number => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
