import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareTarget, floorOf, type Target, targetsOf } from "../load/target.ts";
import type { Comparison } from "../parts/part.ts";
import { type Plan, seed } from "../seed/seed.ts";
import { startBare } from "./bare.ts";
import { startEngine } from "./engine.ts";
import type { Server } from "./server.ts";

/** Runs `measure` on an engine with these data. */
export async function withEngine<T>(plan: Plan, measure: (engine: Server) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
  try {
    await seed(plan, { DATA_DIR: dataDir });
    const engine = await startEngine({ DATA_DIR: dataDir });
    try {
      return await measure(engine);
    } finally {
      await engine.end();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** One engine, one bare server, and one that keeps each message as the engine's log does. */
export const oneNode: Comparison = {
  rounds: 3,
  floor: "bare",
  over: (plan, measure) =>
    withTargets(plan, (targets) =>
      withKeeping((keeping) => measure([...targets, bareTarget("keeping", keeping, [keeping.url])])),
    ),
};

/** Runs `measure` on all that is compared: an engine with these data by both protocols, and the bare server. */
export function withTargets<T>(plan: Plan, measure: (targets: Target[]) => Promise<T>): Promise<T> {
  return withEngine(plan, async (engine) => {
    const bare = await startBare();
    try {
      return await measure([...targetsOf(engine), floorOf(bare)]);
    } finally {
      await bare.end();
    }
  });
}

async function withKeeping<T>(measure: (keeping: Server) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
  const keeping = await startBare({ KEEP_FILE: join(folder, "messages") });
  try {
    return await measure(keeping);
  } finally {
    await keeping.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
