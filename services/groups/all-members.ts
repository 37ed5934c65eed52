import type { Caller, Params } from "../../contracts/caller.ts";
import { limits } from "../../contracts/limits.ts";
import type { MemberRef } from "../../contracts/services/conversations.ts";

/** All present members of a group, read in parts. */
export async function allMembers(caller: Caller, asked: Omit<Params<"conversations.members">, "from">): Promise<MemberRef[]> {
  const all = new Map<string, MemberRef>();
  for (let from = 0; ; from += limits.membersPage) {
    const page = await caller.call("conversations.members", from ? { ...asked, from } : asked);
    for (const member of page) all.set(member.userId, member);
    if (page.length < limits.membersPage) return [...all.values()];
  }
}
