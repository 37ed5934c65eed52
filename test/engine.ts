import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBroker } from "moleculer";
import { loadConfig } from "../config.ts";
import { type Caller, callerOf } from "../contracts/caller.ts";
import { engineOptions } from "../node/engine.ts";
import type { Deps } from "../services/deps.ts";

export interface TestEngine {
  /** `http://127.0.0.1:<port>` */
  url: string;
  dataDir: string;
  broker: ServiceBroker;
  caller: Caller;
  /** Stops it; the data folder goes too unless `keepData`. */
  stop(options?: { keepData?: boolean }): Promise<void>;
}

/** A whole engine in this process, on a free port, with a data folder of its own. `env` overrides settings. */
export async function startEngine(env: Record<string, string> = {}, parts: Partial<Deps> = {}): Promise<TestEngine> {
  const dataDir = env.DATA_DIR ?? mkdtempSync(join(tmpdir(), "switchboard-test-"));
  const config = loadConfig({
    PORT: "0",
    HOST: "127.0.0.1",
    LOG_LEVEL: "error",
    NODE_ENV: "test",
    RATE_LIMITS: "off",
    ...env,
    DATA_DIR: dataDir,
  });
  useTemplate(dataDir);
  const broker = new ServiceBroker(engineOptions(config, parts));
  await broker.start();
  const gateway = broker.getLocalService("gateway") as unknown as { server: { address(): AddressInfo } };
  return {
    url: `http://127.0.0.1:${gateway.server.address().port}`,
    dataDir,
    broker,
    caller: callerOf(broker),
    async stop({ keepData = false } = {}) {
      await broker.stop();
      if (!keepData) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Making a new PGlite folder takes seconds; a copy of the one that test/global-setup.ts made takes none. */
export function useTemplate(dataDir: string): void {
  const template = process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE;
  const target = join(dataDir, "accounts");
  if (template && existsSync(template) && !existsSync(target)) cpSync(template, target, { recursive: true });
}
