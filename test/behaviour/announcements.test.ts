import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { MembershipChange } from "../../contracts/services/conversations.ts";
import { ConversationNode, text, viewer } from "./conversation-node.ts";

const group = "the-group";
let node: ConversationNode;
beforeEach(async () => {
  node = await ConversationNode.start();
});
afterEach(() => node.stop());

const makeGroup = (...memberIds: string[]) =>
  node.writing.createGroup({ conversationId: group, viewer: viewer("ann"), type: "group", settings: { name: "Us" }, memberIds });
const member = (change: MembershipChange) => node.writing.membership({ conversationId: group, viewer: viewer("ann"), change });
const send = () => node.writing.append({ conversationId: group, viewer: viewer("ann"), message: text("hi") });

describe("what was committed", () => {
  test("is told to all even when nobody knows who is there to be welcomed", async () => {
    await makeGroup("bob");
    node.around.failing.add("router.resolve");
    await member({ op: "add", userIds: ["cid"] });
    await member({ op: "remove", userId: "cid" });
    await member({ op: "add", userIds: ["cid"] });
    await send();
    await node.writing.stop();
    expect(node.entries.map(({ entry }) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(node.entries.at(-1)?.recipients).toEqual(["ann", "bob", "cid"]);
    expect(node.signals("conversation").flatMap(({ recipients }) => recipients)).not.toContain("cid");
    expect(await node.store.participation.changes("cid", 0, 9)).toMatchObject([{ change: { op: "reset" } }]);
  });

  test("of a group says which version came before it", async () => {
    await makeGroup("bob");
    await send();
    await member({ op: "add", userIds: ["cid"] });
    await node.writing.update({ conversationId: group, viewer: viewer("ann"), changes: { name: "They" } });
    await node.writing.stop();
    const changes = node.around.events.filter(({ name }) => name === "group.changed");
    expect(changes).toMatchObject([
      { payload: { state: { version: 1 }, previousVersion: 0, entry: { seq: 1 } } },
      { payload: { state: { version: 3 }, previousVersion: 1, entry: { seq: 3 } } },
      { payload: { state: { version: 4 }, previousVersion: 3, entry: { seq: 4 } } },
    ]);
  });
});
