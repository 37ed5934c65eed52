import type { ConversationSettings, LoggedEntry, MemberEntry, Role } from "../../contracts/entry.ts";
import type { GroupState, MemberRef } from "../../contracts/services/conversations.ts";
import type { Sql } from "../sql.ts";

/** A group that a user is in. */
export interface GroupOfUser {
  id: string;
  settings: ConversationSettings;
  ownerId: string;
  memberCount: number;
  role: Role;
}

/** What became of one change: "stale" is in already, "gap" has something missing before it. */
export type Applied = "applied" | "stale" | "gap";

/**
 * The groups as their logs have them, for questions that no one log can answer. Writing what is not newer than
 * what is there changes nothing, so everything may come twice and in any order.
 */
export interface Groups {
  /** 0 for a group that is not known. */
  versions(ids: string[]): Promise<Map<string, number>>;
  apply(state: GroupState, entry: LoggedEntry, previousVersion?: number): Promise<Applied>;
  /** All of a group at once. */
  replace(state: GroupState, members: MemberRef[]): Promise<void>;
  /** Newest group first, after the group `after`. */
  ofUser(userId: string, limit: number, after?: string): Promise<GroupOfUser[]>;
}

export function groups(sql: Sql): Groups {
  return {
    async versions(ids) {
      const find = "SELECT id, version FROM groups WHERE id = ANY($1::text[])";
      const rows = await sql.query<{ id: string; version: number | string }>(find, [ids]);
      return new Map(rows.map(({ id, version }) => [id, Number(version)]));
    },
    apply: (state, entry, previousVersion) => sql.transaction((tx) => apply(tx, state, entry, previousVersion)).catch(gapOrError),
    replace: (state, members) => sql.transaction((tx) => replace(tx, state, members)),
    ofUser: (userId, limit, after) =>
      sql.query<GroupOfUser>(
        `SELECT g.id, g.settings, g.owner_id AS "ownerId", g.member_count AS "memberCount", m.role
         FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.user_id = $1 AND ($3::text IS NULL OR (g.created_at, g.id) < (SELECT a.created_at, a.id FROM groups a WHERE a.id = $3))
         ORDER BY g.created_at DESC, g.id DESC LIMIT $2`,
        [userId, limit, after ?? null],
      ),
  };
}

/** Thrown to roll back what was begun. */
class Gap extends Error {}

function gapOrError(error: unknown): Applied {
  if (error instanceof Gap) return "gap";
  throw error;
}

async function apply(tx: Sql, state: GroupState, entry: LoggedEntry, previousVersion?: number): Promise<Applied> {
  const find = "SELECT version FROM groups WHERE id = $1 FOR UPDATE";
  const [row] = await tx.query<{ version: number | string }>(find, [state.conversationId]);
  const version = Number(row?.version ?? 0);
  if (version >= state.version) return "stale";
  if (state.version !== entry.seq || version !== (previousVersion ?? version)) throw new Gap();
  if (!(await putGroup(tx, state))) return "stale";
  if (entry.kind === "member") await applyToMembers(tx, state.conversationId, entry);
  const count = "SELECT count(*)::int AS n FROM group_members WHERE group_id = $1";
  const [members] = await tx.query<{ n: number }>(count, [state.conversationId]);
  if (members?.n !== state.memberCount) throw new Gap();
  return "applied";
}

/** Answers whether it was newer. */
async function putGroup(tx: Sql, state: GroupState): Promise<boolean> {
  const put = await tx.query(
    `INSERT INTO groups AS g (id, version, settings, owner_id, member_count, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, settings = excluded.settings, owner_id = excluded.owner_id,
       member_count = excluded.member_count
     WHERE g.version < excluded.version RETURNING id`,
    [
      state.conversationId,
      state.version,
      JSON.stringify(state.settings),
      state.ownerId,
      state.memberCount,
      new Date(state.createdAt),
    ],
  );
  return put.length === 1;
}

async function applyToMembers(tx: Sql, groupId: string, { op, userIds, role, senderId, createdAt }: MemberEntry): Promise<void> {
  switch (op) {
    case "create":
      return putMembers(
        tx,
        groupId,
        userIds.map((userId) => ({ userId, role: userId === senderId ? "owner" : "member", joinedAt: createdAt })),
      );
    case "join":
    case "add":
      return putMembers(
        tx,
        groupId,
        userIds.map((userId) => ({ userId, role: role ?? "member", joinedAt: createdAt })),
      );
    case "leave":
    case "remove":
    case "ban":
      await tx.query("DELETE FROM group_members WHERE group_id = $1 AND user_id = ANY($2::text[])", [groupId, userIds]);
      return;
    case "role":
      if (role === "owner") {
        await tx.query("UPDATE group_members SET role = 'admin' WHERE group_id = $1 AND role = 'owner'", [groupId]);
      }
      await tx.query("UPDATE group_members SET role = $3 WHERE group_id = $1 AND user_id = ANY($2::text[])", [
        groupId,
        userIds,
        role ?? "member",
      ]);
  }
}

async function putMembers(tx: Sql, groupId: string, members: MemberRef[]): Promise<void> {
  await tx.query(
    `INSERT INTO group_members (group_id, user_id, role, joined_at)
     SELECT $1, m.* FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS m
     ON CONFLICT (user_id, group_id) DO UPDATE SET role = excluded.role, joined_at = excluded.joined_at`,
    [groupId, members.map(({ userId }) => userId), members.map(({ role }) => role), members.map(({ joinedAt }) => joinedAt)],
  );
}

async function replace(tx: Sql, state: GroupState, members: MemberRef[]): Promise<void> {
  if (!(await putGroup(tx, state))) return;
  await tx.query("DELETE FROM group_members WHERE group_id = $1", [state.conversationId]);
  await putMembers(tx, state.conversationId, members);
}
