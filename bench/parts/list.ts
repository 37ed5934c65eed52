import { uuidv7 } from "uuidv7";
import { type Person, people, tokenOf } from "../load/people.ts";
import { GETS, read, timeOfGet } from "../load/rest.ts";
import { measured, outcome } from "../report/comparison.ts";
import type { SeededConversation } from "../seed/seed.ts";
import type { Server } from "../servers/server.ts";
import { withEngine } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const HOUR = 3_600_000;
/** Whose conversations are listed: how many, and by how much longer each has been quiet than the one before. */
const USERS = [
  { name: "100", size: 100, quietMs: HOUR },
  { name: "1000", size: 1000, quietMs: HOUR },
  { name: "10000", size: 10_000, quietMs: HOUR },
  { name: "10000 today", size: 10_000, quietMs: 1 },
];
const PEERS = 200;
const MESSAGES = 3;
const ROUNDS = 3;

/** The list of conversations of users who have ten times as many as the one before. */
export const list: Part = {
  name: "list",
  says: "the list of conversations of a user who has so many, one more active each hour, or all of them today",
  run: () => {
    const users = USERS.map((user) => ({ ...user, person: people(1)[0] as Person }));
    const peers = people(PEERS);
    const conversations = users.flatMap(({ size, quietMs, person }) =>
      Array.from({ length: size }, (_, i) => conversation(person, peers[i % PEERS] as Person, i * quietMs)),
    );
    const userIds = [...users.map(({ person }) => person), ...peers].map(({ userId }) => userId);
    return withEngine({ userIds, conversations }, async (engine) => {
      const subjects = await measured(users, ROUNDS, ({ person }) => timesOf(engine, tokenOf(person)));
      return outcome("list", subjects, "100", [
        { key: "page", unit: "ms", says: "first page of 50: p50" },
        { key: "large", unit: "ms", says: "first page of 200: p50" },
        { key: "cpu", unit: "ms", says: "server's CPU for a page of each" },
      ]);
    });
  },
};

/** Groups of two: a user may have as many as it likes with the same peer. */
function conversation({ userId }: Person, peer: Person, agoMs: number): SeededConversation {
  return { id: uuidv7(), type: "group", memberIds: [userId, peer.userId], messages: MESSAGES, agoMs };
}

async function timesOf(engine: Server, token: string) {
  const pageOf = (limit: number) => `${engine.url}/api/v1/conversations?limit=${limit}`;
  const { items } = JSON.parse(await read(pageOf(50), token)) as { items: unknown[] };
  if (items.length !== 50) throw new Error(`a page of ${items.length}`);
  const cpu = engine.cpuSeconds();
  const [page, large] = [await timeOfGet(pageOf(50), token), await timeOfGet(pageOf(200), token)];
  return { page, large, cpu: ((engine.cpuSeconds() - cpu) / GETS) * 1000 };
}
