import { rmSync } from "node:fs";
import { bareTarget, engineTargets, type Target } from "../load/target.ts";
import { type Plan, seeded } from "../seed/seed.ts";
import { startBare } from "./bare.ts";
import { startEngine } from "./engine.ts";
import type { Server } from "./server.ts";

/** Runs `measure` on an engine with these data. */
export async function withEngine<T>(plan: Plan, measure: (engine: Server) => Promise<T>): Promise<T> {
  const dataDir = await seeded(plan);
  try {
    const engine = await startEngine(dataDir);
    try {
      return await measure(engine);
    } finally {
      await engine.end();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Runs `measure` on all that is compared: an engine with these data by both protocols, and the bare server. */
export function withTargets<T>(plan: Plan, measure: (targets: Target[]) => Promise<T>): Promise<T> {
  return withEngine(plan, async (engine) => {
    const bare = await startBare();
    try {
      return await measure([...engineTargets(engine), bareTarget(bare)]);
    } finally {
      await bare.end();
    }
  });
}
