import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Config, ServiceName } from "../config.ts";
import { storeUsers } from "../services/store-users.ts";
import { lockFolder } from "../stores/folder-lock.ts";

/** Why this node cannot start, a line each that names the setting; what may go wrong on any machine, on any day. */
export async function startObstacles(config: Config): Promise<string[]> {
  const obstacles = [
    ...absentInCluster(config),
    ...absentBeside(config),
    ...tlsObstacles(config),
    await portObstacle(config),
    keepsInFolder(config) && folderObstacle(config),
  ];
  return obstacles.filter((line) => typeof line === "string");
}

/** Who opens what: in a cluster it must be where all nodes find the same. */
const users: Record<"DATABASE_URL" | "MONGO_URL" | "JWT_SECRET", readonly ServiceName[]> = {
  DATABASE_URL: storeUsers.sql,
  MONGO_URL: storeUsers.messages,
  JWT_SECRET: ["auth"],
};

/** A node of a cluster with a store of its own would keep what no other node ever sees. */
function absentInCluster({ natsUrl, databaseUrl, mongoUrl, jwtSecret, services }: Config): string[] {
  if (!natsUrl) return [];
  const given = { DATABASE_URL: databaseUrl, MONGO_URL: mongoUrl, JWT_SECRET: jwtSecret };
  return Object.entries(users).flatMap(([name, needed]) => {
    const here = needed.filter((service) => services.includes(service));
    if (given[name as keyof typeof users] || !here.length) return [];
    return [`${name}: must be set when NATS_URL is, on a node that runs ${here.join(", ")}`];
  });
}

/** They ask these for every message and hear what these tell their own node: on another it would be too much, or nothing. */
function absentBeside({ services }: Config): string[] {
  const asking = services.filter((service) => service === "conversations" || service === "presence");
  const absent = (["router", "fanout"] as const).filter((service) => !services.includes(service));
  if (!asking.length || !absent.length) return [];
  return [`SERVICES: a node that runs ${asking.join(", ")} needs ${absent.join(", ")} as well`];
}

function tlsObstacles({ natsTlsCa, natsTlsCert, natsTlsKey }: Config): string[] {
  const files = Object.entries({ NATS_TLS_CA: natsTlsCa, NATS_TLS_CERT: natsTlsCert, NATS_TLS_KEY: natsTlsKey });
  const unreadable = files.flatMap(([name, file]) => (file && !isReadable(file) ? [`${name}: ${file} cannot be read`] : []));
  if (!natsTlsCert === !natsTlsKey) return unreadable;
  return [...unreadable, "NATS_TLS_CERT, NATS_TLS_KEY: are set together or not at all"];
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function keepsInFolder({ databaseUrl, mongoUrl, natsUrl }: Config): boolean {
  return !natsUrl && !(databaseUrl && mongoUrl);
}

/** Asked by taking it for a moment. Whoever takes it right after makes the start itself fail. */
function portObstacle({ port, host }: Config): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EADDRINUSE") resolve(`PORT: ${port} is already in use`);
      else resolve(`HOST, PORT: cannot listen on ${host}:${port} (${code})`);
    });
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function folderObstacle({ dataDir }: Config): string | undefined {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
  } catch (error) {
    return `DATA_DIR: ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    for (const store of ["accounts", "messages.sqlite"]) lockFolder(join(dataDir, store)).release();
  } catch {
    return `DATA_DIR: ${dataDir} is in use by another process`;
  }
}
