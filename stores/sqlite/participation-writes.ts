import type { DatabaseSync } from "node:sqlite";
import { changesKept } from "../participation.ts";
import type { DeviceCursorRow, Handlers, SettingsRow, UserCursorRow } from "./commands.ts";
import type { ConversationKeys } from "./conversation-keys.ts";
import { prepare } from "./statement.ts";

type ParticipationHandlers = Pick<Handlers, "cursors" | "forgetDevice" | "settings" | "hide" | "record">;

/** The writes of the participation store. */
export function participationWrites(db: DatabaseSync, keys: ConversationKeys): ParticipationHandlers {
  const advance = cursorWrites(db, keys);
  const forget = prepare(db, "DELETE FROM device_cursors WHERE device = ?");
  const settings = prepare<SettingsRow>(
    db,
    `INSERT INTO participant_settings (user, conv, muted, pinned, archived, draft)
     VALUES (?1, ?2, coalesce(?3, 0), coalesce(?4, 0), coalesce(?5, 0), nullif(?6, ''))
     ON CONFLICT (user, conv) DO UPDATE SET muted = coalesce(?3, muted), pinned = coalesce(?4, pinned),
       archived = coalesce(?5, archived), draft = nullif(coalesce(?6, draft), '')
     RETURNING muted, pinned, archived, draft`,
  );
  const hide = prepare(db, "INSERT OR IGNORE INTO hidden (user, conv, seq) VALUES (?, ?, ?)");
  const record = prepare<{ change_seq: number }>(
    db,
    `INSERT INTO user_changes (user, change_seq, change)
     SELECT ?1, coalesce(max(change_seq), 0) + 1, ?2 FROM user_changes WHERE user = ?1
     RETURNING change_seq`,
  );
  const forgetChanges = prepare(db, "DELETE FROM user_changes WHERE user = ? AND change_seq <= ?");
  return {
    cursors: advance,
    forgetDevice({ deviceId }) {
      forget.run(deviceId);
      return null;
    },
    settings: ({ userId, conversationId, patch: { muted, pinned, archived, draft } }) =>
      written(settings.get(userId, keys.of(conversationId), muted, pinned, archived, draft)),
    hide: ({ userId, conversationId, seq }) => hide.run(userId, keys.of(conversationId), seq) > 0,
    record({ userId, change }) {
      const { change_seq: number } = written(record.get(userId, change));
      if (number > changesKept) forgetChanges.run(userId, number - changesKept);
      return number;
    },
  };
}

function cursorWrites(db: DatabaseSync, keys: ConversationKeys): Handlers["cursors"] {
  const user = prepare(
    db,
    `INSERT INTO user_cursors (conv, user, delivered_seq, read_seq, read_n, delivered_steps, read_steps)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (conv, user) DO UPDATE SET
       delivered_steps = iif(excluded.delivered_seq > delivered_seq, excluded.delivered_steps, delivered_steps),
       delivered_seq = max(excluded.delivered_seq, delivered_seq),
       read_n = iif(excluded.read_seq > read_seq, excluded.read_n, read_n),
       read_steps = iif(excluded.read_seq > read_seq, excluded.read_steps, read_steps),
       read_seq = max(excluded.read_seq, read_seq)
     WHERE excluded.delivered_seq > delivered_seq OR excluded.read_seq > read_seq`,
  );
  const device = prepare(
    db,
    `INSERT INTO device_cursors (device, conv, seq) VALUES (?, ?, ?)
     ON CONFLICT (device, conv) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq`,
  );
  const advanceUser = ([conversationId, ...values]: UserCursorRow) => user.run(keys.of(conversationId), ...values);
  const advanceDevice = ([id, conversationId, seq]: DeviceCursorRow) => device.run(id, keys.of(conversationId), seq);
  return ({ users, devices }) => {
    users.forEach(advanceUser);
    devices.forEach(advanceDevice);
    return null;
  };
}

/** The row of a statement that always answers one. */
function written<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error("the write answered no row");
  return row;
}
