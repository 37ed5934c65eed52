import { startArguments } from "../../test/start-arguments.ts";
import { SECRET } from "../load/people.ts";
import { Server } from "./server.ts";

/** The engine as `npm start` runs it, with nothing but the rate limits off. `env` names its stores. */
export function startEngine(env: Record<string, string>): Promise<Server> {
  return Server.start({
    args: startArguments(),
    env: {
      JWT_SECRET: SECRET,
      LOG_LEVEL: "warn",
      NODE_ENV: "production",
      RATE_LIMITS: "off",
      ACCESS_TOKEN_SECONDS: "86400",
      ...env,
    },
    readyPath: "/readyz",
  });
}
