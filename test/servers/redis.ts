import { program } from "./programs.ts";
import { says } from "./says.ts";
import { ServerProcess } from "./server-process.ts";
import type { TestServer } from "./test-server.ts";

/** For machines with much else to do: there Redis may take longer, and limits are shared all the same. */
export const patientWithRedis = { commandMs: 3000, silentMs: 4000 };

/** `args`: more of redis-server's own, such as `--requirepass`. */
export function startRedis(args: string[] = []): Promise<TestServer> {
  return ServerProcess.start({
    name: "redis",
    url: (port) => `redis://127.0.0.1:${port}`,
    command: (port, data) => [
      program("redis-server") ?? "redis-server",
      "--bind",
      "127.0.0.1",
      "--port",
      `${port}`,
      "--dir",
      data,
      ...keep,
      ...args,
    ],
    // Without a password it says +PONG, with one -NOAUTH; while it loads its data, -LOADING.
    ping: (port) => says(port, "+PONG", "PING\r\n").catch(() => says(port, "-NOAUTH", "PING\r\n")),
  });
}

/** What was written is there again after a restart. */
const keep = ["--save", "", "--appendonly", "yes"];
