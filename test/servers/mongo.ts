import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";
import { java, javaServer } from "./mongo/java-server.ts";
import { program } from "./programs.ts";
import { ServerProcess } from "./server-process.ts";
import type { TestServer } from "./test-server.ts";

/**
 * MongoDB itself if it is installed, else a server written in Java that speaks its wire protocol. Both keep what they
 * acknowledged. `indexed`: for a crowd; see javaServer.
 */
export function startMongo({ indexed = false } = {}): Promise<TestServer> {
  return ServerProcess.start({
    name: "mongo",
    url: (port) => `mongodb://127.0.0.1:${port}/switchboard`,
    command: (port, data) => mongod(port, data) ?? javaServer(port, join(data, "file"), indexed),
    ping: listens,
  });
}

/** Whether `startMongo` can. */
export const canStartMongo = (): boolean => Boolean(program("mongod") ?? java());

export interface MongoDatabase {
  url: string;
  /** Ends the server if it was started for this. A database on MONGO_URL stays: whoever used it drops it. */
  remove(): Promise<void>;
}

/** An empty database: on MONGO_URL if that is set, else on a server of its own. */
export async function mongoDatabase(): Promise<MongoDatabase> {
  const given = process.env.MONGO_URL;
  if (!given) return startMongo();
  const url = new URL(given);
  url.pathname = `/switchboard-test-${randomBytes(6).toString("hex")}`;
  return { url: url.href, remove: async () => {} };
}

function mongod(port: number, data: string): string[] | undefined {
  const path = program("mongod");
  if (path) return [path, "--bind_ip", "127.0.0.1", "--port", `${port}`, "--dbpath", data];
}

/** Both listen once they answer. */
function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end());
    socket.once("error", reject).once("close", () => resolve());
  });
}
