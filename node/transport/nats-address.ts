import type { Config } from "../../config.ts";
import type { NatsAddress } from "./nats-transporter.ts";

/**
 * Where NATS is and who we are there, as `NATS_URL` says: `nats://user:password@one:4222,nats://two:4222`, or
 * `nats://token@one:4222`. The first address that names somebody speaks for all; `tls://` demands TLS.
 */
export function natsAddress(config: Pick<Config, "natsTlsCa" | "natsTlsCert" | "natsTlsKey">, urls: string): NatsAddress {
  const parsed = urls.split(",").map((url) => new URL(url.trim()));
  const named = parsed.find(({ username }) => username);
  return {
    servers: parsed.map(({ host }) => host),
    ...(named && credentials(named)),
    ...(parsed.some(({ protocol }) => protocol === "tls:") || config.natsTlsCa || config.natsTlsCert ? { tls: tls(config) } : {}),
  };
}

function credentials({ username, password }: URL): Pick<NatsAddress, "user" | "pass" | "token"> {
  const name = decodeURIComponent(username);
  return password ? { user: name, pass: decodeURIComponent(password) } : { token: name };
}

function tls({ natsTlsCa, natsTlsCert, natsTlsKey }: Pick<Config, "natsTlsCa" | "natsTlsCert" | "natsTlsKey">) {
  return {
    ...(natsTlsCa && { caFile: natsTlsCa }),
    ...(natsTlsCert && { certFile: natsTlsCert }),
    ...(natsTlsKey && { keyFile: natsTlsKey }),
  };
}
