import type { Caller } from "../contracts/caller.ts";
import type { KnownUser } from "../contracts/services/users.ts";

/** Users of one question: what is known of so many is always less than a transporter takes. */
const AT_ONCE = 200;

/** Those of `userIds` that exist, however many they are. */
export async function resolveUsers(caller: Caller, userIds: string[]): Promise<KnownUser[]> {
  const known: KnownUser[] = [];
  for (let i = 0; i < userIds.length; i += AT_ONCE) {
    const some = userIds.length > AT_ONCE ? userIds.slice(i, i + AT_ONCE) : userIds;
    for (const user of await caller.call("users.resolve", { userIds: some })) known.push(user);
  }
  return known;
}
