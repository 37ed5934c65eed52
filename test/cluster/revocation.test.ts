import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { serviceNames } from "../../config.ts";
import type { EngineProcess } from "../engine-process.ts";
import { anotherDevice, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { NodeProcesses } from "./cluster.ts";

describeWith("nats")("a device that is signed out while its gateway is cut off", () => {
  let cluster: NodeProcesses;
  let whole: EngineProcess;
  let gateway: EngineProcess;

  beforeAll(async () => {
    cluster = await NodeProcesses.start();
    whole = await cluster.add("whole", [...serviceNames]);
    gateway = await cluster.add("gateway", ["gateway"]);
  });
  afterAll(() => cluster?.stop());

  test("is disconnected, to stay away, when the gateway is back; the user's other device stays", async () => {
    const tablet = await signUp(whole);
    const phone = await anotherDevice(whole, tablet);
    const [onTablet, onPhone] = [await online(connectWebSocket, gateway, tablet), await online(connectWebSocket, gateway, phone)];
    await cluster.nats.kill();
    expect((await phone.call("POST", "/auth/logout")).status).toBe(204);
    await cluster.nats.restart();
    expect((await onPhone.closed).code).toBe(4403);
    await cluster.acquainted();
    expect((await onTablet.request("sync", {})).ok).toBe(true);
  });
});
