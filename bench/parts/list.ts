import { uuidv7 } from "uuidv7";
import { type Person, people, tokenOf } from "../load/people.ts";
import { read, timeOfGet } from "../load/rest.ts";
import { measured, outcome } from "../report/comparison.ts";
import type { Server } from "../servers/server.ts";
import { withEngine } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const SIZES = [100, 1000, 10_000];
const MESSAGES = 3;
const ROUNDS = 2;
/** Each conversation has been quiet for so much longer than the one before. */
const QUIET_MS = 3_600_000;

/** The list of conversations of users who have ten times as many as the one before. */
export const list: Part = {
  name: "list",
  says: "the list of conversations of a user who has so many",
  run: () => {
    const users = SIZES.map((size) => ({
      name: String(size),
      size,
      person: people(1)[0] as Person,
      peers: people(Math.min(size, 200)),
    }));
    const conversations = users.flatMap(({ size, person, peers }) =>
      Array.from({ length: size }, (_, i) => conversation(person, peers, i)),
    );
    const userIds = users.flatMap(({ person, peers }) => [person, ...peers]).map(({ userId }) => userId);
    return withEngine({ userIds, conversations }, async (engine) => {
      const subjects = await measured(users, ROUNDS, ({ person }) => timesOf(engine, tokenOf(person)));
      return outcome("list", subjects, "100", [
        { key: "page", unit: "ms", says: "first page of 50: p50" },
        { key: "large", unit: "ms", says: "first page of 200: p50" },
      ]);
    });
  },
};

/** Groups of two: a user may have as many as it likes with the same peer. */
function conversation({ userId }: Person, peers: Person[], i: number) {
  const peer = peers[i % peers.length] as Person;
  return { id: uuidv7(), type: "group" as const, memberIds: [userId, peer.userId], messages: MESSAGES, agoMs: i * QUIET_MS };
}

async function timesOf({ url }: Server, token: string) {
  const pageOf = (limit: number) => `${url}/api/v1/conversations?limit=${limit}`;
  const { items } = JSON.parse(await read(pageOf(50), token)) as { items: unknown[] };
  if (items.length !== 50) throw new Error(`a page of ${items.length}`);
  return { page: await timeOfGet(pageOf(50), token), large: await timeOfGet(pageOf(200), token) };
}
