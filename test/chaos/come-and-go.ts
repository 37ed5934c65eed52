import { setTimeout as wait } from "node:timers/promises";
import type { Move } from "./history.ts";
import { type Person, rest } from "./people.ts";

/** A group, and the one of it who comes and goes. */
interface Group {
  id: string;
  members: Person[];
  mover?: Person;
}

const EVERY_MS = 6000;
const AGAIN_MS = 500;
const PATIENCE_MS = 60_000;

/** For so long, somebody is sent out of the group or leaves it, is brought back, and so on. */
export async function comeAndGo(
  group: Group,
  gateways: string[],
  moves: Move[],
  ms: number,
  random: () => number,
): Promise<void> {
  const [owner, mover] = [group.members[0], group.mover];
  if (!owner || !mover) return;
  const end = performance.now() + ms;
  for (let isIn = true; performance.now() < end; isIn = !isIn) {
    await wait(EVERY_MS * (0.5 + random()));
    const op = isIn ? (random() < 0.5 ? "leave" : "remove") : "add";
    const move: Move = { conversationId: group.id, userId: mover.id, op, done: false };
    moves.push(move);
    const asker = op === "leave" ? mover : owner;
    const gateway = () => gateways[Math.floor(random() * gateways.length)] as string;
    move.done = await patiently(() => change(gateway(), asker, move));
    if (!move.done) return;
  }
}

async function change(url: string, asker: Person, { conversationId, userId, op }: Move): Promise<unknown> {
  const members = `/groups/${conversationId}/members`;
  if (op === "add") return rest(url, "POST", members, asker.tokens[0], { userIds: [userId] });
  return rest(url, "DELETE", `${members}/${op === "leave" ? "me" : userId}`, asker.tokens[0]);
}

/** Whether it succeeded in the end. Who has left already is told FORBIDDEN when it asks again: then that was it. */
async function patiently(act: () => Promise<unknown>): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await wait(AGAIN_MS)) {
    const failure = await act().then(
      () => undefined,
      (error) => String(error),
    );
    if (failure === undefined || failure.includes(": 403")) return true;
  }
  return false;
}
