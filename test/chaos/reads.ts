import { setTimeout as wait } from "node:timers/promises";
import type { Device } from "./device.ts";
import type { Read } from "./history.ts";
import { type Person, rest } from "./people.ts";

const AT_ONCE = 4;
const AGAIN_MS = 500;
/** Cursors are written behind. */
const PATIENCE_MS = 15_000;

/** Everybody says that it has read all it has, and then, as a device that is behind, that it has read less. */
export async function readsOf(
  rooms: { id: string; members: Person[] }[],
  devices: Device[],
  gateways: string[],
): Promise<Read[]> {
  const all = rooms.flatMap(({ id, members }) => members.map((person) => ({ id, person })));
  const reads: Read[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) {
    const some = all.slice(i, i + AT_ONCE).map(({ id, person }) => readOf(id, person, devices, gateways));
    reads.push(...(await Promise.all(some)).flatMap((read) => read ?? []));
  }
  return reads;
}

async function readOf(conversationId: string, { id: userId, tokens }: Person, devices: Device[], gateways: string[]) {
  const device = devices.find((one) => one.userId === userId);
  const seq = await device?.read(conversationId);
  if (!device || !seq) return undefined;
  await device.readLess(conversationId, seq - 1);
  const said = gateways.map(async (holder) => ({ holder, readSeq: await saidBy(holder, conversationId, tokens[0], seq) }));
  return { conversationId, userId, seq, said: await Promise.all(said) };
}

async function saidBy(url: string, conversationId: string, token: string | undefined, seq: number): Promise<number> {
  for (const end = performance.now() + PATIENCE_MS; ; await wait(AGAIN_MS)) {
    const { readSeq } = await rest(url, "GET", `/conversations/${conversationId}`, token);
    if (readSeq >= seq || performance.now() > end) return readSeq;
  }
}
