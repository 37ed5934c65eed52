import type { ServiceName } from "../config.ts";

/** Which services open which store. */
export const storeUsers = {
  sql: ["auth", "users", "groups", "gateway"],
  messages: ["conversations"],
} as const satisfies Record<string, ServiceName[]>;
