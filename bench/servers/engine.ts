import { SECRET } from "../load/people.ts";
import { Server } from "./server.ts";

/** The engine as `npm start` runs it, on this data, with nothing but the rate limits off. */
export function startEngine(dataDir: string): Promise<Server> {
  return Server.start({
    args: ["node_modules/moleculer/bin/moleculer-runner.mjs", "--config", "moleculer.config.ts"],
    env: {
      DATA_DIR: dataDir,
      JWT_SECRET: SECRET,
      LOG_LEVEL: "warn",
      NODE_ENV: "production",
      RATE_LIMITS: "off",
      ACCESS_TOKEN_SECONDS: "86400",
    },
    readyPath: "/readyz",
  });
}
