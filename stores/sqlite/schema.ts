import type { DatabaseSync } from "node:sqlite";

/**
 * The message store's tables. Times are milliseconds since 1970, what only the engine reads is JSON.
 * A conversation's id is kept once, in `conversations`; everywhere else stands its integer `conv`.
 */
const initial = `
CREATE TABLE conversations (
  conv INTEGER PRIMARY KEY,
  id   TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE records (
  conv       INTEGER PRIMARY KEY REFERENCES conversations,
  type       TEXT NOT NULL,
  epoch      INTEGER NOT NULL,
  settings   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  snap_seq   INTEGER NOT NULL,
  snap_n     INTEGER NOT NULL,
  snap_at    INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  floor_seq  INTEGER NOT NULL,
  -- created_at of the first entry above floor_seq
  oldest_at  INTEGER
) STRICT;
CREATE INDEX records_oldest ON records (oldest_at) WHERE oldest_at IS NOT NULL;

-- The log. Clustered by conversation, so that a page of history is a few neighbouring pages of the file.
CREATE TABLE entries (
  conv          INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  n             INTEGER NOT NULL,
  id            TEXT NOT NULL,
  kind          TEXT NOT NULL,
  sender        TEXT NOT NULL,
  client_msg_id TEXT,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER,
  deleted_at    INTEGER,
  hidden_for    TEXT,
  -- what the kind adds
  body          TEXT NOT NULL,
  PRIMARY KEY (conv, seq)
) STRICT, WITHOUT ROWID;
-- The fence against a write stored twice. Partial: changes without a client's id do not collide.
CREATE UNIQUE INDEX entries_client_msg_id ON entries (conv, sender, client_msg_id) WHERE client_msg_id IS NOT NULL;
-- Finds a message by its id.
CREATE UNIQUE INDEX entries_message_id ON entries (id) WHERE kind = 'message';
-- Pages through messages only, however many reactions lie between.
CREATE INDEX entries_messages ON entries (conv, seq) WHERE kind = 'message';
-- Finds a message's edits, which are emptied with it.
CREATE INDEX entries_edits ON entries (json_extract(body, '$.target')) WHERE kind = 'edit';
-- What is still to be emptied, by when.
CREATE INDEX entries_expiring ON entries (expires_at) WHERE expires_at IS NOT NULL AND deleted_at IS NULL;

-- Derived from message entries; user '' stands for all.
CREATE TABLE mentions (
  conv   INTEGER NOT NULL,
  user   TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  sender TEXT NOT NULL,
  PRIMARY KEY (conv, user, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_seq ON mentions (conv, seq);

CREATE TABLE views (
  conv  INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  body  TEXT NOT NULL,
  PRIMARY KEY (conv, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  conv      INTEGER NOT NULL,
  user      TEXT NOT NULL,
  role      TEXT NOT NULL,
  intervals TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  as_of     INTEGER NOT NULL,
  -- 1 while its last interval is open
  present   INTEGER NOT NULL,
  PRIMARY KEY (conv, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user, conv);

CREATE TABLE user_cursors (
  conv            INTEGER NOT NULL,
  user            TEXT NOT NULL,
  delivered_seq   INTEGER NOT NULL,
  read_seq        INTEGER NOT NULL,
  read_n          INTEGER NOT NULL,
  delivered_steps TEXT NOT NULL,
  read_steps      TEXT NOT NULL,
  PRIMARY KEY (conv, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_cursors (
  device TEXT NOT NULL,
  conv   INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  PRIMARY KEY (device, conv)
) STRICT, WITHOUT ROWID;

CREATE TABLE participant_settings (
  user     TEXT NOT NULL,
  conv     INTEGER NOT NULL,
  muted    INTEGER NOT NULL,
  pinned   INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  draft    TEXT,
  PRIMARY KEY (user, conv)
) STRICT, WITHOUT ROWID;

CREATE TABLE hidden (
  user TEXT NOT NULL,
  conv INTEGER NOT NULL,
  seq  INTEGER NOT NULL,
  PRIMARY KEY (user, conv, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_changes (
  user       TEXT NOT NULL,
  change_seq INTEGER NOT NULL,
  change     TEXT NOT NULL,
  PRIMARY KEY (user, change_seq)
) STRICT, WITHOUT ROWID;
`;

/** Finds all devices' cursors of a conversation. Without their `seq`, so that a cursor that moves leaves it alone. */
const devicesByConversation = "CREATE INDEX device_cursors_conv ON device_cursors (conv)";

/** Finds the conversations that were active on a node that is gone. Few are marked at any time. */
const active = `
ALTER TABLE records ADD COLUMN active_on TEXT;
CREATE INDEX records_active_on ON records (active_on) WHERE active_on IS NOT NULL;`;

/** A UUID in its usual form as its 16 bytes: see packed-id.ts. */
const packed = (id: string) => `CASE
  WHEN ${id} GLOB '????????-????-????-????-????????????' AND length(replace(${id}, '-', '')) = 32
    AND ${id} NOT GLOB '*[^-0-9a-f]*' THEN unhex(${id}, '-') ELSE ${id} END`;

/**
 * The log in the order of its writing. Clustered by conversation, each message dirtied a page of every index: now what is
 * written together lies together, and the indexes that lead there are narrow.
 */
const inOrderOfWriting = `
DROP INDEX entries_client_msg_id;
DROP INDEX entries_message_id;
DROP INDEX entries_messages;
DROP INDEX entries_edits;
DROP INDEX entries_expiring;
ALTER TABLE entries RENAME TO clustered;
CREATE TABLE entries (
  conv          INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  n             INTEGER NOT NULL,
  -- ids: BLOB for a UUID, else TEXT
  id            ANY NOT NULL,
  kind          TEXT NOT NULL,
  sender        ANY NOT NULL,
  client_msg_id ANY,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER,
  deleted_at    INTEGER,
  hidden_for    TEXT,
  -- what the kind adds
  body          TEXT NOT NULL
) STRICT;
INSERT INTO entries SELECT conv, seq, n, ${packed("id")}, kind, ${packed("sender")}, ${packed("client_msg_id")},
  created_at, expires_at, deleted_at, hidden_for, body FROM clustered ORDER BY created_at, conv, seq;
DROP TABLE clustered;
-- The order of the log, and the fence against two entries in one place.
CREATE UNIQUE INDEX entries_place ON entries (conv, seq);
-- The fence against a write stored twice. Partial: changes without a client's id do not collide.
CREATE UNIQUE INDEX entries_client_msg_id ON entries (conv, sender, client_msg_id) WHERE client_msg_id IS NOT NULL;
-- Finds a message by its id.
CREATE UNIQUE INDEX entries_message_id ON entries (id) WHERE kind = 'message';
-- Pages through messages only, however many reactions lie between.
CREATE INDEX entries_messages ON entries (conv, seq) WHERE kind = 'message';
-- Finds a message's edits, which are emptied with it.
CREATE INDEX entries_edits ON entries (json_extract(body, '$.target')) WHERE kind = 'edit';
-- What is still to be emptied, by when.
CREATE INDEX entries_expiring ON entries (expires_at) WHERE expires_at IS NOT NULL AND deleted_at IS NULL;`;

/**
 * When a conversation was active, at most a day behind: written when an entry comes a day later or more, so that no
 * message costs a row for each member. For who has left, when the conversation was active before that.
 */
const activity = `
ALTER TABLE records ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
UPDATE records SET active_at = coalesce(
  (SELECT created_at FROM entries e WHERE e.conv = records.conv ORDER BY e.seq DESC LIMIT 1),
  iif(snap_seq = 0, created_at, snap_at));
UPDATE members SET active_at = coalesce(
  iif(present, NULL, (SELECT created_at FROM entries e
    WHERE e.conv = members.conv AND e.seq <= json_extract(intervals, '$[#-1].to') ORDER BY e.seq DESC LIMIT 1)),
  (SELECT r.active_at FROM records r WHERE r.conv = members.conv), 0);
DROP INDEX members_user;
CREATE INDEX members_active ON members (user, active_at, conv);`;

/**
 * Fewer pages a message. The fence against a write stored twice goes by the client's id first: ids that grow with time, as
 * the SDK's do, come to lie side by side. Messages only are found without an index: see message-pages.ts.
 */
const fewerPages = `
DROP INDEX entries_messages;
DROP INDEX entries_client_msg_id;
CREATE UNIQUE INDEX entries_client_msg_id ON entries (client_msg_id, sender, conv) WHERE client_msg_id IS NOT NULL;`;

/** Step i brings a file from version i to i + 1. A step that was released is never changed. */
const steps = [initial, devicesByConversation, active, inOrderOfWriting, activity, fewerPages];

/** Brings the file to the newest version (or only to this one), or throws if it is newer than this program. */
export function migrate(db: DatabaseSync, to = steps.length): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (version > steps.length) throw new Error(`the message store was made by a newer version (${version})`);
  for (const [step, sql] of steps.entries()) {
    if (step < version || step >= to) continue;
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
}
