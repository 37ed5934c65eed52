import type { Costly } from "../load/cost.ts";
import type { Server } from "./server.ts";

/** Servers that do the work together; what they cost is added up. */
export class ServerGroup implements Costly {
  readonly servers: Server[];

  constructor(servers: Server[]) {
    this.servers = servers;
  }

  cpuSeconds(): number {
    return this.servers.reduce((sum, server) => sum + server.cpuSeconds(), 0);
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end()));
  }
}
