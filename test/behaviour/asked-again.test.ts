import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { toChatError } from "../../contracts/errors.ts";
import { acquainted, type ClusterNode, type Stubs, startNode } from "../cluster-node.ts";

const nodes: ClusterNode[] = [];

async function start(stubs: Stubs = {}): Promise<ClusterNode> {
  const node = await startNode({ services: [], stubs });
  nodes.push(node);
  return node;
}

let asker: ClusterNode;
let going: ClusterNode;
let begun: PromiseWithResolvers<void>;
/** What is under way ends with it, and so does its time limit. */
let under: PromiseWithResolvers<never>;

/** A call that is under way when its node goes; another one offers the same. */
beforeEach(async () => {
  [begun, under] = [Promise.withResolvers(), Promise.withResolvers()];
  const never = () => {
    begun.resolve();
    return under.promise;
  };
  asker = await start();
  going = await start({ "conversations.heads": never, "auth.refresh": never });
  await acquainted(asker, going);
});
afterEach(async () => {
  under.reject(new Error("the test is over"));
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

async function leave(): Promise<void> {
  await begun.promise;
  const heir = await start({ "conversations.heads": () => ({ c: 7 }), "auth.refresh": () => Promise.reject(new Error("twice")) });
  await acquainted(asker, heir);
  await nodes.splice(nodes.indexOf(going), 1)[0]?.stop();
}

test("what may run twice is asked of another node when the one that was asked goes", async () => {
  const asked = asker.caller.call("conversations.heads", { userId: "u" });
  await leave();
  expect(await asked).toEqual({ c: 7 });
});

test("what may not fails, and so does what was meant for that node", async () => {
  const refresh = asker.caller.call("auth.refresh", { refreshToken: "t" }).catch(toChatError);
  const named = asker.caller.call("conversations.heads", { userId: "u" }, { nodeID: going.nodeID }).catch(toChatError);
  await leave();
  expect([await refresh, await named]).toMatchObject([{ code: "UNAVAILABLE" }, { code: "UNAVAILABLE" }]);
});
