import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { limits } from "./contracts/limits.ts";

/** Every service of the engine; a node runs all of them unless SERVICES says otherwise. */
export const serviceNames = [
  "auth",
  "users",
  "groups",
  "conversations",
  "presence",
  "router",
  "fanout",
  "offline",
  "ops",
  "gateway",
] as const;
export type ServiceName = (typeof serviceNames)[number];

const integer = (min: number, max: number) =>
  z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(z.int().min(min).max(max));
const onOff = z.enum(["on", "off"]).transform((v) => v === "on");
const list = z.string().transform((v) =>
  v
    .split(",")
    .map((s) => s.trim())
    .filter(Boolean),
);
const natsUrls = z
  .string()
  .refine(
    (urls) => urls.split(",").every((url) => URL.canParse(url.trim()) && /^(nats|tls):\/\/./.test(url.trim())),
    "must be addresses such as nats://host:4222, comma separated",
  );

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: "must be like postgres://user:password@host:5432/name" });
/** It may name several hosts, so that it is no URL to most that parse them. */
const mongoUrl = z.string().regex(/^mongodb(\+srv)?:\/\/[^/]/, "must be like mongodb://user:password@host:27017/name");

interface Setting<T extends z.ZodType = z.ZodType> {
  schema: T;
  /** As it would stand in the environment; undefined = may be absent. */
  initial?: string;
  says: string;
  /** A complaint does not repeat the value. */
  secret?: true;
}
const setting = <T extends z.ZodType>(initial: string | undefined, says: string, schema: T): Setting<T> => ({
  schema,
  initial,
  says,
});
const secretSetting = <T extends z.ZodType>(says: string, schema: T): Setting<T> => ({ schema, says, secret: true });

/** The only list of settings. The README's table is made from it. */
export const settings = {
  PORT: setting("3000", "port of the HTTP edge; 0 takes a free one", integer(0, 65535)),
  HOST: setting("0.0.0.0", "address to listen on", z.string().min(1)),
  DATA_DIR: setting("./data", "folder of the embedded stores, the files and the secret", z.string().min(1)),
  SERVICES: setting(
    serviceNames.join(","),
    "services this node runs; `conversations` and `presence` need `router` and `fanout` beside them",
    list.pipe(z.array(z.enum(serviceNames)).min(1)),
  ),
  NODE_ID: setting(hostname(), "name of this node; a random part is added at each start", z.string().regex(/^[\w.-]{1,64}$/)),
  LOG_LEVEL: setting(
    "info",
    "fatal, error, warn, info, debug or trace",
    z.enum(["fatal", "error", "warn", "info", "debug", "trace"]),
  ),
  NODE_ENV: setting(
    "development",
    "production hides causes of internal errors and demands JWT_SECRET",
    z.enum(["development", "production", "test"]),
  ),
  JWT_SECRET: secretSetting(
    "signs access tokens; `kid:secret,kid:secret` to rotate, the first signs; made once in DATA_DIR if absent",
    z.string().min(16).optional(),
  ),
  NATS_URL: secretSetting(
    "joins the cluster over these NATS servers, comma separated: `nats://user:password@host:4222`, `nats://token@host:4222`, `tls://host:4222`",
    natsUrls.optional(),
  ),
  NATS_TLS_CA: setting(undefined, "file with the authority that signed the certificate of NATS", z.string().optional()),
  NATS_TLS_CERT: setting(undefined, "file with this node's certificate for NATS", z.string().optional()),
  NATS_TLS_KEY: setting(undefined, "file with the key of NATS_TLS_CERT", z.string().optional()),
  DATABASE_URL: secretSetting(
    "PostgreSQL instead of the embedded one: `postgres://user:password@host:5432/name`",
    postgresUrl.optional(),
  ),
  DATABASE_REPLICA_URLS: secretSetting(
    "servers that follow it, comma separated: asked for what may be some seconds old",
    list.pipe(z.array(postgresUrl)).optional(),
  ),
  DATABASE_CONNECTIONS: setting("10", "connections this node opens to each of them", integer(1, 1000)),
  MONGO_URL: secretSetting(
    "MongoDB for the message log instead of the embedded store: `mongodb://user:password@host:27017,host:27017/name?replicaSet=rs0`",
    mongoUrl.optional(),
  ),
  REDIS_URL: secretSetting(
    "Redis, by which nodes share limits and revocations; without it each counts alone",
    z.url({ protocol: /^rediss?$/, message: "must be redis://… or rediss://…" }).optional(),
  ),
  PUBLIC_URL: setting(undefined, "address at which people reach this server, if a proxy stands before it", z.url().optional()),
  TRUST_PROXY: setting("off", "on: the client's address is the last one in X-Forwarded-For", onOff),
  CORS_ORIGINS: setting("", "origins of web pages that may call the API, comma separated, or *", list),
  RATE_LIMITS: setting("on", "off only for load tests", onOff),
  SENDS_PER_SECOND: setting("20", "messages a second a device may send", integer(1, 100_000)),
  SEND_BURST: setting("40", "messages a device may send at once", integer(1, 100_000)),
  LOGINS_PER_MINUTE: setting(
    "10",
    "failed sign-ins a minute for one login name, ten times that for one address",
    integer(1, 100_000),
  ),
  REGISTERS_PER_HOUR: setting("1000", "accounts an hour from one address", integer(1, 1_000_000)),
  HEARTBEAT_MS: setting("25000", "pings and `heads`", integer(100, 600_000)),
  SESSION_TIMEOUT_MS: setting("60000", "a socket silent for so long is closed", integer(200, 1_200_000)),
  PRESENCE_GRACE_MS: setting("30000", "offline only after so long without a socket", integer(0, 600_000)),
  ACCESS_TOKEN_SECONDS: setting("900", "life of an access token", integer(1, 86_400)),
  REFRESH_TOKEN_DAYS: setting("60", "life of a refresh token that is not used", integer(1, 3650)),
  SOCKETS_PER_USER: setting("10", "one more closes the one silent longest", integer(1, 1000)),
  FRAME_BYTES: setting("65536", "largest frame or JSON body", integer(1024, 1_048_576)),
  BUFFER_BYTES: setting("1048576", "unsent data after which a slow socket is closed", integer(131_072, 67_108_864)),
  GROUP_MEMBERS: setting("10000", "most members of a group", integer(2, limits.groupMembers)),
  POLLING: setting("on", "Socket.IO's own long-polling transport", onOff),
  RETENTION_DAYS: setting("0", "entries older than this go; 0 keeps them", integer(0, 36_500)),
  UNDELIVERED_DAYS: setting(
    "30",
    "entries that a member or a device has not got yet stay until they are older than this",
    integer(1, 3650),
  ),
  METRICS: setting("on", "GET /metrics", onOff),
} as const satisfies Record<string, Setting>;

export type Settings = { [K in keyof typeof settings]: z.output<(typeof settings)[K]["schema"]> };

/** Names of the environment as camelCase: `DATA_DIR` → `dataDir`. */
type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${Lowercase<A>}${Capitalize<Camel<B>>}` : Lowercase<S>;
export type Config = { readonly [K in keyof Settings as Camel<K>]: Settings[K] } & { readonly version: string };

/** One line a wrong setting. */
export class ConfigError extends Error {
  readonly lines: string[];
  constructor(lines: string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

const camel = (name: string) => name.toLowerCase().replace(/_(\w)/g, (_, c: string) => c.toUpperCase());

/** Reads every setting, or throws a ConfigError that names each wrong one. Empty counts as absent. */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const lines: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema, initial, secret }] of Object.entries<Setting>(settings)) {
    const parsed = schema.safeParse(env[name] || initial);
    if (parsed.success) values[camel(name)] = parsed.data;
    else lines.push(`${name}: ${complaint(parsed.error)}${secret ? "" : ` (got ${JSON.stringify(env[name])})`}`);
  }
  if (values.nodeEnv === "production" && !values.jwtSecret && needsSecret(values.services)) {
    lines.push("JWT_SECRET: must be set when NODE_ENV=production");
  }
  if (lines.length) throw new ConfigError(lines);
  return Object.freeze({ ...values, version }) as unknown as Config;
}

const complaint = ({ issues }: z.ZodError) => issues.map(({ message }) => message).join("; ");
const needsSecret = (services: unknown) => Array.isArray(services) && services.includes("auth");

const { version } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8")) as { version: string };

/** The configuration of this process. A wrong setting ends it with one line each. */
export function readConfig(): Config {
  try {
    const config = loadConfig(process.env);
    // moleculer-runner takes SERVICES for a list of files to load; engine.ts creates the services itself.
    delete process.env.SERVICES;
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuseToStart(error.lines);
  }
}

/** Ends the process with one line for each reason. */
export function refuseToStart(lines: string[]): never {
  for (const line of lines) process.stderr.write(`switchboard: ${line}\n`);
  process.exit(1);
}
