import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceName } from "../../config.ts";
import type { EngineProcess } from "../engine-process.ts";
import { directBetween, expectProblem, type Person, rest, say, signIn, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startMongo } from "../servers/mongo.ts";
import { startPostgres } from "../servers/postgres.ts";
import type { TestServer } from "../servers/test-server.ts";
import { NodeProcesses } from "./cluster.ts";

const core: ServiceName[] = ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline"];
const five = 300_000;

describeWith(
  "nats",
  "postgres",
  "mongo",
)("nodes whose clocks are five minutes off, either way", () => {
  let servers: TestServer[] = [];
  let nodes: NodeProcesses;
  let gateway: EngineProcess;
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    servers = await Promise.all([startPostgres(), startMongo()]);
    const [sql, mongo] = servers as [TestServer, TestServer];
    nodes = await NodeProcesses.start({ DATABASE_URL: sql.url, MONGO_URL: mongo.url, ACCESS_TOKEN_SECONDS: "100" });
    await nodes.add("right", core);
    await nodes.add("fast", core, { CLOCK_OFFSET_MS: `${five}` });
    gateway = await nodes.add("slow", ["gateway"], { CLOCK_OFFSET_MS: `${-five}` });
    [ada, bob] = [await signUp(gateway), await signUp(gateway)];
  }, 90_000);
  afterAll(async () => {
    await nodes?.stop();
    await Promise.all(servers.map((server) => server.remove()));
  }, 60_000);

  test("say the right time", async () => {
    const wire = await online(connectWebSocket, gateway, ada);
    const { serverTime } = await wire.next("ready");
    expect(Math.abs(Date.parse(serverTime) - Date.now())).toBeLessThan(30_000);
  });

  test("take each other's tokens, though those live for less than the difference", async () => {
    for (let i = 0; i < 8; i++) {
      const again = await signIn(gateway, ada.username, ada.password);
      for (let asked = 0; asked < 4; asked++) expect((await again.call("GET", "/users/me")).status).toBe(200);
      expect((await again.call("POST", "/auth/logout")).status).toBe(204);
      expectProblem(await again.call("GET", "/users/me"), 401, "UNAUTHENTICATED");
    }
  });

  test("repeat a refresh whose answer got lost, whichever of them is asked", async () => {
    const { refreshToken } = await signIn(gateway, bob.username, bob.password);
    const refresh = () => rest(gateway, "POST", "/auth/refresh", { body: { refreshToken, requestId: "once" } });
    const pairs = await Promise.all(Array.from({ length: 6 }, refresh));
    expect(new Set(pairs.map(({ status, body }) => `${status} ${body.refreshToken}`)).size).toBe(1);
  });

  test("date messages of all conversations alike, and blank none before its time", async () => {
    for (let i = 0; i < 6; i++) {
      const [one, other] = [await signUp(gateway), await signUp(gateway)];
      const id = await directBetween(one, other);
      const brief = await one.call("POST", `/conversations/${id}/messages`, {
        clientMsgId: "b",
        content: "brief",
        expiresIn: 60,
      });
      expect(brief.status).toBe(201);
      const { createdAt } = await say(one, id, "hi");
      expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(30_000);
      const { items } = (await other.call("GET", `/conversations/${id}/messages`)).body;
      expect(items.map(({ content }: { content: string }) => content)).toEqual(["brief", "hi"]);
    }
  });
});
