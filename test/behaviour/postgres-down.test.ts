import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { until } from "../cluster-node.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, expectProblem, newKey, type Person, rest, signIn, signUp } from "../protocol/people.ts";
import { connectWebSocket, type Wire } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startPostgres } from "../servers/postgres.ts";
import type { TestServer } from "../servers/test-server.ts";

describeWith("postgres")("an engine whose accounts are in PostgreSQL", () => {
  let server: TestServer;
  let engine: TestEngine;
  let ada: Person;
  let bob: Person;
  let direct: string;
  let adas: Wire;
  let bobs: Wire;
  beforeAll(async () => {
    server = await startPostgres();
    engine = await startEngine({ DATABASE_URL: server.url });
  });
  afterAll(async () => {
    await engine?.stop();
    await server?.remove();
  });
  beforeEach(async () => {
    [ada, bob] = [await signUp(engine), await signUp(engine)];
    direct = await directBetween(ada, bob);
    [adas, bobs] = [await connectWebSocket(engine, ada), await connectWebSocket(engine, bob)];
    await bobs.next("synced");
  });
  afterEach(() => {
    for (const wire of [adas, bobs]) wire.close();
  });

  const login = () => rest(engine, "POST", "/auth/login", { body: { login: ada.username, password: ada.password } });

  async function chat(content: string): Promise<void> {
    const sent = await adas.request("message:send", { conversationId: direct, clientMsgId: newKey(), content });
    expect(sent).toMatchObject({ ok: true });
    expect(await bobs.next("entry", ({ id }) => id === sent.data.id)).toMatchObject({ content });
  }

  test.each([
    ["killed", () => server.kill(), () => server.restart()],
    ["stopped for a while", async () => server.pause(), async () => server.resume()],
  ])("connected users chat on while it is %s, logins fail clearly, and all heals by itself", async (_, fault, heal) => {
    await fault();
    await chat("still here");
    expectProblem(await login(), 503, "UNAVAILABLE");
    await chat("and here");
    const ready = await fetch(`${engine.url}/readyz`);
    expect({ status: ready.status, body: await ready.json() }).toMatchObject({
      status: 503,
      body: { errors: [{ path: "sql" }] },
    });
    await heal();
    await until(async () => (await login()).status === 200);
    await signIn(engine, bob.username, bob.password);
    expect((await fetch(`${engine.url}/readyz`)).status).toBe(200);
    await chat("all is well");
  });
});
