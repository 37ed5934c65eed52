import { uuidv7 } from "uuidv7";
import { Pairs } from "../load/pairs.ts";
import { type Person, people, tokenOf } from "../load/people.ts";
import { read, timeOfGet } from "../load/rest.ts";
import { medians } from "../load/statistics.ts";
import { targetsOf } from "../load/target.ts";
import { outcome, type Subjects } from "../report/comparison.ts";
import type { Server } from "../servers/server.ts";
import { withEngine } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const SIZES = [100_000, 1_000_000];
const CLIENTS = 200;
const ROUNDS = 2;

/** The same questions to a store that holds ten times as much, all of it in one conversation. */
export const growth: Part = {
  name: "growth",
  says: "one conversation of so many messages in the store",
  async run() {
    const subjects: Subjects<"newest" | "middle" | "cpu"> = {};
    for (const size of SIZES) subjects[size] = await measuredAt(size);
    return outcome("growth", subjects, String(SIZES[0]), [
      { key: "newest", unit: "ms", says: "first page of 50 messages: p50" },
      { key: "middle", unit: "ms", says: "50 messages around the middle: p50" },
      { key: "cpu", unit: "µs", says: "server's CPU per message of others' chat at saturation" },
    ]);
  },
};

function measuredAt(messages: number) {
  const [reader, writer] = people(2) as [Person, Person];
  const talkers = people(CLIENTS);
  const conversation = { id: uuidv7(), type: "direct" as const, memberIds: [reader.userId, writer.userId], messages };
  const userIds = [reader, writer, ...talkers].map(({ userId }) => userId);
  return withEngine({ userIds, conversations: [conversation] }, async (engine) => {
    const page = `${engine.url}/api/v1/conversations/${conversation.id}/messages?limit=50`;
    const rounds = [];
    for (let i = 0; i < ROUNDS; i++)
      rounds.push({ ...(await pagesOf(page, messages, tokenOf(reader))), cpu: await chatOf(engine, talkers) });
    return medians(rounds);
  });
}

async function pagesOf(page: string, messages: number, token: string) {
  const { items } = JSON.parse(await read(page, token)) as { items: { n: number }[] };
  if (items.length !== 50 || items.at(-1)?.n !== messages) throw new Error("not the newest page");
  return { newest: await timeOfGet(page, token), middle: await timeOfGet(`${page}&around=${messages / 2}`, token) };
}

async function chatOf(engine: Server, talkers: Person[]): Promise<number> {
  const pairs = await Pairs.connect(targetsOf(engine)[0], talkers);
  const { cpu } = await pairs.saturate(engine);
  await pairs.end();
  return cpu;
}
