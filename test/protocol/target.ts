import { afterAll, beforeAll } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";

/** The server under test: the one SWITCHBOARD_URL names, or one that is started for this file. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
}

export function useTarget(): Target {
  let url = process.env.SWITCHBOARD_URL ?? "";
  let engine: TestEngine | undefined;
  beforeAll(async () => {
    if (url) return;
    engine = await startEngine({ HEARTBEAT_MS: "1000" });
    url = engine.url;
  }, 60_000);
  afterAll(async () => {
    await engine?.stop();
  }, 60_000);
  return {
    get url() {
      return url;
    },
  };
}
