import { Pairs } from "../load/pairs.ts";
import { type Person, people, tokenOf } from "../load/people.ts";
import { read, timeOfGet } from "../load/rest.ts";
import { targetsOf } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import type { SeededConversation } from "../seed/seed.ts";
import type { Server } from "../servers/server.ts";
import { withEngine } from "../servers/targets.ts";
import { missing, timeToCatchUp } from "./backlog.ts";
import type { Part } from "./part.ts";

const SMALL = 100_000;
const LARGE = 1_000_000;
const MISSED = 1000;
const CLIENTS = 200;
const ROUNDS = 3;

interface Subject {
  name: string;
  engine: Server;
  conversation: SeededConversation;
}

/** The same questions to a store that holds ten times as much, all of it in one conversation. */
export const growth: Part = {
  name: "growth",
  says: "one conversation of so many messages in the store",
  run: () => {
    const [reader, friend, ...talkers] = people(2 + CLIENTS) as [Person, Person, ...Person[]];
    const userIds = [reader, friend, ...talkers].map(({ userId }) => userId);
    const withStore = <T>(size: number, use: (subject: Subject) => Promise<T>) => {
      const conversation = missing(reader, friend, MISSED, size - MISSED);
      return withEngine({ userIds, conversations: [conversation] }, (engine) =>
        use({ name: String(size), engine, conversation }),
      );
    };
    return withStore(SMALL, (small) =>
      withStore(LARGE, async (large) => {
        const subjects = await measured([small, large], ROUNDS, (subject) => round(subject, reader, talkers));
        return outcome("growth", subjects, small.name, [
          { key: "newest", unit: "ms", says: "first page of 50 messages: p50" },
          { key: "middle", unit: "ms", says: "50 messages around the middle: p50" },
          { key: "backlog", unit: "ms", says: `from starting to connect to \`synced\`, ${MISSED} entries missed: p50` },
          { key: "cpu", unit: "µs", says: "server's CPU per message of others' chat at saturation" },
        ]);
      }),
    );
  },
};

async function round({ engine, conversation }: Subject, reader: Person, talkers: Person[]) {
  const url = `${engine.url}/api/v1/conversations/${conversation.id}/messages?limit=50`;
  const backlog = await timeToCatchUp(targetsOf(engine)[0], reader, MISSED);
  return { ...(await pagesOf(url, conversation.messages, tokenOf(reader))), backlog, cpu: await chatOf(engine, talkers) };
}

async function pagesOf(url: string, messages: number, token: string) {
  const { items } = JSON.parse(await read(url, token)) as { items: { n: number }[] };
  if (items.length !== 50 || items.at(-1)?.n !== messages) throw new Error("not the newest page");
  return { newest: await timeOfGet(url, token), middle: await timeOfGet(`${url}&around=${messages / 2}`, token) };
}

async function chatOf(engine: Server, talkers: Person[]): Promise<number> {
  const pairs = await Pairs.connect(targetsOf(engine)[0], talkers);
  const { cpu } = await pairs.saturate(engine);
  await pairs.end();
  return cpu;
}
