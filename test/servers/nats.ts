import { program } from "./programs.ts";
import { says } from "./says.ts";
import { ServerProcess } from "./server-process.ts";
import type { TestServer } from "./test-server.ts";

/** `args`: more of nats-server's own, such as `--auth token`. */
export function startNats(args: string[] = []): Promise<TestServer> {
  return ServerProcess.start({
    name: "nats",
    url: (port) => `nats://127.0.0.1:${port}`,
    command: (port) => [program("nats-server") ?? "nats-server", "--addr=127.0.0.1", `--port=${port}`, ...args],
    ping: (port) => says(port, "INFO "),
  });
}
