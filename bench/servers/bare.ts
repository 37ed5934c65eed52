import { fileURLToPath } from "node:url";
import { Server } from "./server.ts";

/**
 * The floor: Socket.IO and nothing behind it. With REDIS_URL one of several that are joined, with DATABASE_URL or
 * KEEP_FILE one that keeps.
 */
export function startBare(env: Record<string, string> = {}): Promise<Server> {
  return start("socket-io.ts", env);
}

/** What the nodes of a cluster are made of, with nothing of the engine. `env`: NODE_ID, ROLE, NATS_URL and, for a core, MONGO_URL. */
export function startBareNode(env: Record<string, string>): Promise<Server> {
  return start("node.ts", env);
}

function start(file: string, env: Record<string, string>): Promise<Server> {
  return Server.start({
    args: [fileURLToPath(new URL(`../bare/${file}`, import.meta.url))],
    env: { NODE_ENV: "production", ...env },
    readyPath: "/",
  });
}
