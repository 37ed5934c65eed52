import { expect, test } from "@jest/globals";
import { loadConfig } from "../../config.ts";
import { natsAddress } from "../../node/transport/nats-address.ts";

const address = (url: string, env: Record<string, string> = {}) => natsAddress(loadConfig(env), url);

test("several servers, and who we are there by the first that says so", () => {
  expect(address("nats://one:4222, nats://ada:p%40ss@two:4223")).toEqual({
    servers: ["one:4222", "two:4223"],
    user: "ada",
    pass: "p@ss",
  });
});

test("a name without a password is a token", () => {
  expect(address("nats://s3cret@one:4222")).toEqual({ servers: ["one:4222"], token: "s3cret" });
});

test("TLS by the address or by a certificate", () => {
  expect(address("tls://one:4222")).toEqual({ servers: ["one:4222"], tls: {} });
  expect(address("nats://one:4222", { NATS_TLS_CA: "/ca.pem", NATS_TLS_CERT: "/c.pem", NATS_TLS_KEY: "/k.pem" })).toEqual({
    servers: ["one:4222"],
    tls: { caFile: "/ca.pem", certFile: "/c.pem", keyFile: "/k.pem" },
  });
});
