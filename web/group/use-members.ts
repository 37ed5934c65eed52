import { useEffect, useState } from "react";
import type { ChatClient, Group, Member } from "../../client/index.ts";
import { useModel } from "../model/use-model.tsx";

const pageLimit = 200;

/** The members of a group, as they are now; undefined until they are known. */
export function useMembers({ id, conversationId }: Group): Member[] | undefined {
  const { client } = useModel();
  const [members, setMembers] = useState<Member[]>();
  useEffect(() => {
    let asked = 0;
    const read = async () => {
      const mine = ++asked;
      const all = await membersOf(client, id).catch(() => undefined);
      if (all && mine === asked) setMembers(all);
    };
    void read();
    const stop = client.on("entry", (entry) => {
      if (entry.conversationId === conversationId && entry.kind === "member") void read();
    });
    return () => {
      asked = -1;
      stop();
    };
  }, [client, id, conversationId]);
  return members;
}

async function membersOf(client: ChatClient, id: string): Promise<Member[]> {
  const members: Member[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call("GET /groups/:id/members", { params: { id }, query: { limit: pageLimit, cursor } });
    members.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return members;
}
