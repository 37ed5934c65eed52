import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Console } from "../console.ts";
import type { EngineProcess } from "../engine-process.ts";
import { directBetween, type Person, say, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { NodeProcesses } from "./cluster.ts";
import { eventually } from "./eventually.ts";

describeWith("nats")("the console of a cluster", () => {
  let nodes: NodeProcesses;
  let gateway: EngineProcess;
  let consoleOf: Console;
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    nodes = await NodeProcesses.start();
    await nodes.add("core", ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline"]);
    gateway = await nodes.add("gate", ["gateway"]);
    consoleOf = new Console("repl", { NATS_URL: nodes.nats.url });
    [ada, bob] = [await signUp(gateway), await signUp(gateway)];
  }, 60_000);
  afterAll(async () => {
    await consoleOf?.quit();
    await nodes?.stop();
  }, 30_000);

  test("`chat` and `chat help` list every command, `chat help who` one", async () => {
    const all = await consoleOf.type("chat");
    for (const verb of ["who", "routes", "owner", "actors", "drain", "kick", "stats"]) expect(all).toContain(`chat ${verb}`);
    expect(await consoleOf.type("chat help")).toBe(all);
    expect(await consoleOf.type("chat help who")).toMatch(/^chat who <user> {2}where .*$/);
    expect(await consoleOf.type("help")).toContain("chat help");
  });

  test("what is wrong is said, with the command's help", async () => {
    expect(await consoleOf.type("chat dance")).toMatch(/^There is no command dance\.\n\nchat who/);
    expect(await consoleOf.type("chat who")).toMatch(/^VALIDATION: say a user\n\nchat who/);
    expect(await consoleOf.type("chat who nobody")).toMatch(/^NOT_FOUND: there is no user nobody/);
    expect(await consoleOf.type("chat drain nowhere")).toMatch(/^NOT_FOUND: there is no node nowhere/);
  });

  test("`chat who` finds the devices of a user, `chat kick` closes their sockets", async () => {
    expect(await consoleOf.type(`chat who ${ada.username}`)).toBe(`${ada.username} (${ada.id}): no devices connected`);
    const wire = await online(connectWebSocket, gateway, ada);
    const there = await consoleOf.type(`chat who ${ada.id}`);
    expect(there).toContain(`${ada.username} (${ada.id}): 1 device connected`);
    expect(there).toMatch(new RegExp(`^${ada.deviceId} +${nodes.idOf("gate")}$`, "m"));
    expect(await consoleOf.type(`chat kick ${ada.username} another`)).toBe(`closed of ${ada.username}: 0`);
    expect(await consoleOf.type(`chat kick ${ada.username} ${ada.deviceId}`)).toBe(`closed of ${ada.username}: 1`);
    expect((await wire.closed).code).toBe(4401);
  });

  test("`chat owner`, `chat actors`, `chat routes` and `chat stats` tell of the nodes", async () => {
    const conversationId = await directBetween(ada, bob);
    await say(ada, conversationId, "hi");
    await online(connectSocketIo, gateway, ada);
    const [core, gate] = [nodes.idOf("core"), nodes.idOf("gate")];
    expect(await consoleOf.type(`chat owner ${conversationId}`)).toBe(core);
    expect(await consoleOf.type("chat actors")).toMatch(new RegExp(`^node +active +turns waiting\n${core} +1 +0$`));
    await eventually(async () => new RegExp(`^${gate} +${core} +1 +\\d+$`, "m").test(await consoleOf.type("chat routes core")));
    expect(await consoleOf.type("chat routes gate")).toMatch(/^NOT_FOUND|UNAVAILABLE/);
    const stats = await consoleOf.type("chat stats");
    expect(stats).toMatch(new RegExp(`^${gate} .* yes +1 `, "m"));
    expect(stats).toMatch(new RegExp(`^${core} .* yes +0 +1 +1 `, "m"));
  });

  test("`chat drain` sends a node's clients away and ends it in order", async () => {
    const wire = await online(connectWebSocket, gateway, bob);
    expect(await consoleOf.type("chat drain gate")).toBe(`${nodes.idOf("gate")} drains and ends`);
    expect(await wire.next("session")).toEqual({ op: "draining", reconnectAfterMs: expect.any(Number) });
    expect((await wire.closed).code).toBe(4503);
    await eventually(() => !gateway.isRunning);
    expect(await gateway.end("SIGTERM")).toBe(0);
  });
});
