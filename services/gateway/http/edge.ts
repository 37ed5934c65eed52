import type { ServiceSchema } from "moleculer";
import type { ApiSettingsSchema } from "moleculer-web";
import type { Deps } from "../../deps.ts";
import type { LiveTransports } from "../live-transports.ts";

/** What the gateway service mixes in beside moleculer-web: everything that is spoken over plain HTTP. */
export interface HttpEdge {
  settings: ApiSettingsSchema;
  methods: NonNullable<ServiceSchema["methods"]>;
}

export function httpEdge(deps: Deps, _live: LiveTransports): HttpEdge {
  const { port, host } = deps.config;
  return { settings: { port, ip: host }, methods: {} };
}
