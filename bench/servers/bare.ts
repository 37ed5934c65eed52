import { fileURLToPath } from "node:url";
import { Server } from "./server.ts";

/** The floor: Socket.IO and nothing behind it. With REDIS_URL one of several that are joined, with DATABASE_URL one that keeps. */
export function startBare(env: Record<string, string> = {}): Promise<Server> {
  return Server.start({
    args: [fileURLToPath(new URL("../bare-socket-io.ts", import.meta.url))],
    env: { NODE_ENV: "production", ...env },
    readyPath: "/",
  });
}
