import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a data folder is to hold. */
export interface Plan {
  /** These have accounts. */
  userIds?: string[];
  conversations?: SeededConversation[];
}

/** A direct conversation of two, or a group whose first member owns it; the last member sends all messages. */
export interface SeededConversation {
  id: string;
  type: "direct" | "group";
  memberIds: string[];
  messages: number;
  /** How long ago the last message came; now if absent. */
  agoMs?: number;
  /** This device has all but so many of the messages. */
  missed?: { deviceId: string; messages: number };
}

/** Fills the stores that these settings name, in a process of its own, without an engine. */
export async function seed(plan: Plan, env: Record<string, string>): Promise<void> {
  const seeder: ChildProcess = fork(fileURLToPath(new URL("./seeder.ts", import.meta.url)), {
    env: { PATH: process.env.PATH, ...env },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  seeder.send(plan);
  const [code] = await once(seeder, "exit");
  if (code !== 0) throw new Error(`seeding ended with ${code}`);
}
