import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { asAda, type Edge, startEdge } from "./edge.ts";

let edge: Edge;
afterEach(() => edge.stop());

/** Asks for an address over a connection of its own, and takes nothing of the answer. */
async function askWithoutTaking(path: string) {
  const client = connect(edge.port, "127.0.0.1");
  client.pause();
  client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${asAda.Authorization}\r\n\r\n`);
  await once(client, "readable");
  return client;
}

test("who does not take what was answered is read no more, until it is taken", async () => {
  const displayName = "x".repeat(40_000_000);
  let asked = 0;
  const answer = { id: "ada", username: "ada", displayName };
  edge = await startEdge({ behind: { "users.get": () => (++asked === 1 ? answer : { ...answer, displayName: "x" }) } });
  const another = (headers = asAda) => fetch(`${edge.url}/api/v1/users/ada`, { headers });

  const client = await askWithoutTaking("/api/v1/users/ada");
  const refused = await another();
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ code: "OVERLOADED" });
  expect((await another({ Authorization: "Bearer token-of-bob" })).status).toBe(200);

  client.destroy();
  let { status } = refused;
  while (status === 503) ({ status } = await another());
  expect(status).toBe(200);
});
