import type { Privacy } from "../../contracts/shapes.ts";
import type { Account } from "../../domain/account/account.ts";
import { fold, loginName, searchTerms } from "../../domain/account/names.ts";
import { type Sql, type SqlReader, UniqueViolation } from "../sql.ts";
import { type Seen, writeSeen } from "./seen-times.ts";

/** Another account has this already. */
export class NameTaken extends Error {
  readonly field: "username" | "email" | "phone";
  constructor(field: "username" | "email" | "phone") {
    super(`${field} is taken`);
    this.name = "NameTaken";
    this.field = field;
  }
}

/** What is given is changed; null removes. */
export interface AccountPatch {
  displayName?: string;
  avatarUrl?: string | null;
  statusMessage?: string | null;
  privacy?: Partial<Privacy>;
}

export interface AccountSearch {
  /** Folded; each must be the beginning of a term. */
  words: string[];
  /** Not this one. */
  except: string;
  /** [term, id] after which to go on. */
  after?: string[];
  limit: number;
}

/** Accounts. Usernames and email addresses are unique as `fold` sees them, phone numbers as they stand. */
export interface Accounts {
  /** Rejects with NameTaken. */
  create(account: Account): Promise<void>;
  /** Those that exist, in no order. */
  byIds(ids: string[]): Promise<Account[]>;
  byLogin(login: string): Promise<Account | null>;
  /** null if there is no such account. */
  update(id: string, patch: AccountPatch, now: Date): Promise<Account | null>;
  setPasswordHash(id: string, hash: string, now: Date): Promise<void>;
  /** Ordered by term and id; each account once. Only those who may be found by everyone. May lag. */
  search(search: AccountSearch): Promise<{ account: Account; term: string }[]>;
  seen(seen: Seen[]): Promise<void>;
}

interface Row {
  id: string;
  username: string;
  email: string | null;
  email_verified: boolean;
  phone: string | null;
  phone_verified: boolean;
  password_hash: string | null;
  display_name: string;
  avatar_url: string | null;
  status_message: string | null;
  privacy: Privacy;
  last_seen_at: Date | null;
  created_at: Date;
  erased_at: Date | null;
}

const COLUMNS = `u.id, u.username, u.email, u.email_verified, u.phone, u.phone_verified, u.password_hash, u.display_name,
  u.avatar_url, u.status_message, u.privacy, u.last_seen_at, u.created_at, u.erased_at`;
const KEY_COLUMN = { username: "username_key", email: "email_key", phone: "phone" } as const;

export function accounts(sql: Sql): Accounts {
  return {
    create: (account) => sql.transaction((tx) => create(tx, account)).catch(rethrowTaken),
    async byIds(ids) {
      return (await sql.query<Row>(`SELECT ${COLUMNS} FROM users u WHERE u.id = ANY($1::text[])`, [ids])).map(toAccount);
    },
    async byLogin(login) {
      const { kind, key } = loginName(login);
      // PostgreSQL has no such text, so nobody has such a name.
      if (key.includes("\0")) return null;
      const [row] = await sql.query<Row>(`SELECT ${COLUMNS} FROM users u WHERE u.${KEY_COLUMN[kind]} = $1`, [key]);
      return row ? toAccount(row) : null;
    },
    update: (id, patch, now) => sql.transaction((tx) => update(tx, id, patch, now)),
    async setPasswordHash(id, hash, now) {
      await sql.query("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1", [id, hash, now]);
    },
    search: (wanted) => search(sql.lagging, wanted),
    seen: (seen) => writeSeen(sql, "users", seen),
  };
}

async function create(tx: Sql, account: Account): Promise<void> {
  await tx.query(
    `INSERT INTO users (id, username, username_key, email, email_key, phone, password_hash, display_name, privacy, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
    [
      account.id,
      account.username,
      fold(account.username),
      account.email ?? null,
      account.email === undefined ? null : fold(account.email),
      account.phone ?? null,
      account.passwordHash ?? null,
      account.displayName,
      JSON.stringify(account.privacy),
      account.createdAt,
    ],
  );
  await indexTerms(tx, account);
}

async function update(tx: Sql, id: string, patch: AccountPatch, now: Date): Promise<Account | null> {
  const [row] = await tx.query<Row>(
    `UPDATE users u SET
       display_name = coalesce($2, u.display_name),
       avatar_url = CASE WHEN $3 THEN $4 ELSE u.avatar_url END,
       status_message = CASE WHEN $5 THEN $6 ELSE u.status_message END,
       privacy = u.privacy || $7::jsonb,
       updated_at = $8
     WHERE u.id = $1 AND u.erased_at IS NULL RETURNING ${COLUMNS}`,
    [
      id,
      patch.displayName ?? null,
      patch.avatarUrl !== undefined,
      patch.avatarUrl ?? null,
      patch.statusMessage !== undefined,
      patch.statusMessage ?? null,
      JSON.stringify(patch.privacy ?? {}),
      now,
    ],
  );
  if (!row) return null;
  const account = toAccount(row);
  if (patch.displayName !== undefined || patch.privacy?.search) await indexTerms(tx, account);
  return account;
}

async function indexTerms(tx: Sql, account: Account): Promise<void> {
  await tx.query("DELETE FROM user_terms WHERE user_id = $1", [account.id]);
  if (account.privacy.search !== "everyone") return;
  const terms = searchTerms(account.username, account.displayName);
  await tx.query("INSERT INTO user_terms (term, user_id) SELECT unnest($1::text[]), $2", [terms, account.id]);
}

/** Of a query; shorter ones are left out of account. */
const MOST_WORDS = 6;

/** An upper bound of all text that begins with `prefix`, byte by byte. */
const endOf = (prefix: string) => `${prefix}\u{10ffff}`;

/**
 * Walks the terms that begin with the longest word, in order, from the cursor on. An account stands at the first
 * of its terms that match; the other words narrow it down.
 */
async function search(
  sql: SqlReader,
  { words, except, after, limit }: AccountSearch,
): Promise<{ account: Account; term: string }[]> {
  const [first, ...others] = [...words].sort((a, b) => b.length - a.length).slice(0, MOST_WORDS);
  if (first === undefined) return [];
  const has = (low: number) =>
    `EXISTS (SELECT FROM user_terms o WHERE o.user_id = t.user_id AND o.term >= $${low} AND o.term < $${low + 1})`;
  const rows = await sql.query<Row & { term: string }>(
    `SELECT ${COLUMNS}, t.term FROM user_terms t JOIN users u ON u.id = t.user_id
     WHERE t.term >= $1 AND t.term < $2 AND (t.term, t.user_id) > ($3, $4) AND t.user_id <> $5 AND u.erased_at IS NULL
       AND NOT EXISTS (SELECT FROM user_terms s WHERE s.user_id = t.user_id AND s.term >= $1 AND s.term < t.term)
       ${others.map((_, index) => `AND ${has(7 + 2 * index)}`).join(" ")}
     ORDER BY t.term, t.user_id LIMIT $6`,
    [first, endOf(first), ...(after ?? ["", ""]), except, limit, ...others.flatMap((word) => [word, endOf(word)])],
  );
  return rows.map((row) => ({ account: toAccount(row), term: row.term }));
}

const TAKEN = { users_username: "username", users_email: "email", users_phone: "phone" } as const;

function rethrowTaken(error: unknown): never {
  if (error instanceof UniqueViolation && error.constraint in TAKEN) {
    throw new NameTaken(TAKEN[error.constraint as keyof typeof TAKEN]);
  }
  throw error;
}

function toAccount(row: Row): Account {
  return {
    id: row.id,
    username: row.username,
    email: row.email ?? undefined,
    emailVerified: row.email_verified,
    phone: row.phone ?? undefined,
    phoneVerified: row.phone_verified,
    passwordHash: row.password_hash ?? undefined,
    displayName: row.display_name,
    avatarUrl: row.avatar_url ?? undefined,
    statusMessage: row.status_message ?? undefined,
    privacy: row.privacy,
    lastSeenAt: row.last_seen_at ?? undefined,
    createdAt: row.created_at,
    erasedAt: row.erased_at ?? undefined,
  };
}
