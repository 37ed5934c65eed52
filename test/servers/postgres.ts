import { execFileSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import pg from "pg";
import { asUser, type User } from "./mortal.ts";
import { postgresProgram } from "./programs.ts";
import { ServerProcess } from "./server-process.ts";
import type { TestServer } from "./test-server.ts";

export interface PostgresOptions {
  /** Synced to the disk, as in production; else only the death of processes is survived. */
  durable?: boolean;
}

const url = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`;

/** It answers to anyone on this machine. */
export function startPostgres({ durable = false }: PostgresOptions = {}): Promise<TestServer> {
  return ServerProcess.start({
    name: "postgres",
    url,
    command: (port, data) => [ours("postgres"), "-D", data, "-p", `${port}`, ...settings(durable)],
    prepare: fill,
    ping,
    // Its "fast": open transactions are rolled back, their connections closed.
    endsOn: "SIGINT",
    // Its "immediate": as if it died, but its shared memory goes too.
    endsAtOnceOn: "SIGQUIT",
    user,
  });
}

/** It refuses to run as root: then it runs as "nobody". */
const user: User | undefined = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** A new cluster takes a second of work to make; the first one of a test run is copied by the others. */
function fill(data: string): void {
  const template = process.env.SWITCHBOARD_POSTGRES_TEMPLATE;
  if (template && existsSync(template)) copy(template, data);
  else make(data, template);
}

function make(data: string, template: string | undefined): void {
  const command = [ours("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"];
  execFileSync("setpriv", [...(user ? asUser(user) : []), ...command], { cwd: data, stdio: ["ignore", "ignore", "pipe"] });
  if (template) keepAsTemplate(data, template);
}

/** Whole or not at all, also when two do it at once. */
function keepAsTemplate(data: string, template: string): void {
  const draft = `${template}.${process.pid}`;
  copy(data, draft);
  try {
    renameSync(draft, template);
  } catch {
    rmSync(draft, { recursive: true });
  }
}

/** With its owner. */
function copy(from: string, to: string): void {
  execFileSync("cp", ["-aT", from, to]);
}

function ours(name: string): string {
  const path = postgresProgram(name);
  if (!path) throw new Error("PostgreSQL is not installed");
  return path;
}

function settings(durable: boolean): string[] {
  const values = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    shared_buffers: "16MB",
    fsync: durable ? "on" : "off",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function ping(port: number): Promise<void> {
  const client = new pg.Client({ connectionString: url(port), connectionTimeoutMillis: 1000, query_timeout: 1000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end();
  }
}
