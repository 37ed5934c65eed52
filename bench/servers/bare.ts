import { fileURLToPath } from "node:url";
import { Server } from "./server.ts";

/** The floor: Socket.IO and nothing behind it. */
export function startBare(): Promise<Server> {
  return Server.start({
    args: [fileURLToPath(new URL("../bare-socket-io.ts", import.meta.url))],
    env: { NODE_ENV: "production" },
    readyPath: "/",
  });
}
