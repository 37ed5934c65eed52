import type { Sql } from "../sql.ts";
import { type Seen, writeSeen } from "./seen-times.ts";

/** A device of a user. It is signed in while it has a `refreshHash`. */
export interface DeviceRow {
  id: string;
  userId: string;
  name?: string;
  platform?: string;
  /** Made anew by each sign-in. */
  family: string;
  /** Of the one refresh token that is good. */
  refreshHash?: string;
  /** The last rotation: of which token, at whose request, when. */
  spentHash?: string;
  spentRequest?: string;
  rotatedAt: Date;
  refreshExpiresAt: Date;
  lastSeenAt: Date;
  /** The last time it was signed out. */
  revokedAt?: Date;
}

export interface SignIn {
  id: string;
  userId: string;
  name?: string;
  platform?: string;
  family: string;
  refreshHash: string;
  at: Date;
  refreshExpiresAt: Date;
}

export interface Rotation {
  from: string;
  to: string;
  request?: string;
  at: Date;
  refreshExpiresAt: Date;
}

export interface RevokedDevice {
  userId: string;
  deviceId: string;
  revokedAt: Date;
}

/** Devices and their refresh tokens, of which only hashes are kept. Writes are durable on return. */
export interface Devices {
  find(id: string): Promise<DeviceRow | null>;
  /** Makes the device, or signs in again the one that this user had. */
  signIn(signIn: SignIn): Promise<DeviceRow>;
  /** False if `from` is not the good one any more: of two at once one wins. */
  rotate(id: string, rotation: Rotation): Promise<boolean>;
  /** Signs these out that are signed in; answers which they were. */
  revoke(ids: string[], at: Date): Promise<RevokedDevice[]>;
  /** Signed in; newest seen first. */
  ofUser(userId: string): Promise<DeviceRow[]>;
  revokedSince(time: Date): Promise<RevokedDevice[]>;
  /** Signed in, but their refresh token ran out before `time`. */
  expired(time: Date, limit: number): Promise<string[]>;
  seen(seen: Seen[]): Promise<void>;
}

interface Row {
  id: string;
  user_id: string;
  name: string | null;
  platform: string | null;
  family: string;
  refresh_hash: string | null;
  spent_hash: string | null;
  spent_request: string | null;
  rotated_at: Date;
  refresh_expires_at: Date;
  last_seen_at: Date;
  revoked_at: Date | null;
}

const REVOKED = `user_id AS "userId", id AS "deviceId", revoked_at AS "revokedAt"`;

export function devices(sql: Sql): Devices {
  return {
    async find(id) {
      const [row] = await sql.query<Row>("SELECT * FROM devices WHERE id = $1", [id]);
      return row ? toDevice(row) : null;
    },
    signIn: (signIn) => insert(sql, signIn),
    async rotate(id, { from, to, request, at, refreshExpiresAt }) {
      const rotated = await sql.query(
        `UPDATE devices SET refresh_hash = $3, spent_hash = $2, spent_request = $4, rotated_at = $5, refresh_expires_at = $6,
           last_seen_at = greatest(last_seen_at, $5)
         WHERE id = $1 AND refresh_hash = $2 RETURNING id`,
        [id, from, to, request ?? null, at, refreshExpiresAt],
      );
      return rotated.length === 1;
    },
    revoke: (ids, at) =>
      sql.query<RevokedDevice>(
        // Never before a token of it was issued, by whatever clock: such a token would still be good.
        `UPDATE devices SET refresh_hash = NULL, spent_hash = NULL, spent_request = NULL,
           revoked_at = greatest($2, rotated_at, revoked_at + interval '1 second')
         WHERE id = ANY($1::text[]) AND refresh_hash IS NOT NULL RETURNING ${REVOKED}`,
        [ids, at],
      ),
    async ofUser(userId) {
      const find = "SELECT * FROM devices WHERE user_id = $1 AND refresh_hash IS NOT NULL ORDER BY last_seen_at DESC, id";
      return (await sql.query<Row>(find, [userId])).map(toDevice);
    },
    revokedSince: (time) => sql.query<RevokedDevice>(`SELECT ${REVOKED} FROM devices WHERE revoked_at >= $1`, [time]),
    async expired(time, limit) {
      const find = "SELECT id FROM devices WHERE refresh_hash IS NOT NULL AND refresh_expires_at < $1 LIMIT $2";
      return (await sql.query<{ id: string }>(find, [time, limit])).map(({ id }) => id);
    },
    seen: (seen) => writeSeen(sql, "devices", seen),
  };
}

async function insert(sql: Sql, signIn: SignIn): Promise<DeviceRow> {
  const { id, userId, name, platform, family, refreshHash, at, refreshExpiresAt } = signIn;
  const [row] = await sql.query<Row>(
    `INSERT INTO devices AS d
       (id, user_id, name, platform, family, refresh_hash, rotated_at, refresh_expires_at, created_at, last_seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $7)
     ON CONFLICT (id) DO UPDATE SET
       name = coalesce(excluded.name, d.name), platform = coalesce(excluded.platform, d.platform), family = excluded.family,
       refresh_hash = excluded.refresh_hash, spent_hash = NULL, spent_request = NULL, rotated_at = excluded.rotated_at,
       refresh_expires_at = excluded.refresh_expires_at, last_seen_at = excluded.last_seen_at
     WHERE d.user_id = excluded.user_id
     RETURNING *`,
    [id, userId, name ?? null, platform ?? null, family, refreshHash, at, refreshExpiresAt],
  );
  if (!row) throw new Error("a device belongs to one user");
  return toDevice(row);
}

function toDevice(row: Row): DeviceRow {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name ?? undefined,
    platform: row.platform ?? undefined,
    family: row.family,
    refreshHash: row.refresh_hash ?? undefined,
    spentHash: row.spent_hash ?? undefined,
    spentRequest: row.spent_request ?? undefined,
    rotatedAt: row.rotated_at,
    refreshExpiresAt: row.refresh_expires_at,
    lastSeenAt: row.last_seen_at,
    revokedAt: row.revoked_at ?? undefined,
  };
}
