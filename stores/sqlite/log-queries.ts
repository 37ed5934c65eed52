/** The end of a log `r`; what retention has emptied ends where its snapshot does. */
const head = `coalesce(e.seq, r.snap_seq) AS last_seq, coalesce(e.n, r.snap_n) AS last_n,
  coalesce(e.created_at, iif(r.snap_seq = 0, r.created_at, r.snap_at)) AS last_at`;
const lastEntry = `LEFT JOIN entries e ON e.conv = r.conv AND e.seq = (SELECT max(seq) FROM entries WHERE conv = r.conv)`;

const membership = (of: string, where: string) => `
  SELECT c.id, r.type, r.epoch, r.settings, r.floor_seq, r.created_at, ${head},
    m.user, m.role, m.intervals, m.joined_at, m.as_of
  FROM ${of} JOIN records r ON r.conv = m.conv ${lastEntry} WHERE ${where}`;

const entries = (filter: string, order: string) => `
  SELECT seq, n, id, kind, sender, client_msg_id, created_at, expires_at, deleted_at, hidden_for, body
  FROM entries INDEXED BY entries_place WHERE conv = ? AND seq > ? AND seq <= ? ${filter} ORDER BY seq ${order} LIMIT ?`;
const messagesOnly = "AND kind = 'message'";

/** Every statement by which the log is read. Each must be answered from an index. */
export const logQueries = {
  key: "SELECT c.conv FROM conversations c JOIN records r ON r.conv = c.conv WHERE c.id = ?",
  record: `SELECT r.*, ${head} FROM records r ${lastEntry} WHERE r.conv = ?`,
  ascending: entries("", "ASC"),
  descending: entries("", "DESC"),
  messagesAscending: entries(messagesOnly, "ASC"),
  messagesDescending: entries(messagesOnly, "DESC"),
  byClientMsgId: `
    SELECT seq, n, id, kind, sender, client_msg_id, created_at, expires_at, deleted_at, hidden_for, body
    FROM entries INDEXED BY entries_client_msg_id WHERE conv = ? AND sender = ? AND client_msg_id = ?`,
  locate: `
    SELECT c.id, e.seq FROM entries e INDEXED BY entries_message_id JOIN conversations c USING (conv)
    WHERE e.id = ? AND e.kind = 'message'`,
  view: "SELECT seq, as_of, body FROM views WHERE conv = ? AND seq = ?",
  members: "SELECT user, role, intervals, joined_at, as_of FROM members WHERE conv = ?",
  member: membership("conversations c JOIN members m ON m.conv = c.conv", "c.id = ? AND m.user = ?"),
  memberships: membership("members m INDEXED BY members_active JOIN conversations c ON c.conv = m.conv", "m.user = ?"),
  membershipIn: membership("members m JOIN conversations c ON c.conv = m.conv", "m.conv = ? AND m.user = ?"),
  latest: `
    SELECT m.conv, m.active_at, coalesce(
      (SELECT e.created_at FROM entries e
       WHERE e.conv = m.conv AND e.seq <= iif(m.present, ${Number.MAX_SAFE_INTEGER}, json_extract(m.intervals, '$[#-1].to'))
       ORDER BY e.seq DESC LIMIT 1),
      m.active_at) AS at
    FROM members m INDEXED BY members_active
    WHERE m.user = ? AND (m.active_at, m.conv) < (?, ?) ORDER BY m.active_at DESC, m.conv DESC LIMIT ?`,
  roster: `
    SELECT count(*) AS count, max(iif(role = 'owner', user, NULL)) AS owner FROM members
    WHERE conv = ? AND present = 1`,
  head: `SELECT ${head} FROM conversations c JOIN records r ON r.conv = c.conv ${lastEntry} WHERE c.id = ?`,
  mentions: `
    SELECT count(*) AS count FROM mentions
    WHERE conv = ? AND user IN (?, '') AND seq > ? AND seq <= ? AND sender <> ?`,
  senders: `
    SELECT sender, max(seq) AS seq FROM entries INDEXED BY entries_place
    WHERE conv = ? AND seq > ? AND seq <= ? AND kind = 'message' GROUP BY sender`,
  oldest: `
    SELECT c.id, r.conv, r.floor_seq, r.oldest_at FROM records r INDEXED BY records_oldest JOIN conversations c USING (conv)
    WHERE r.oldest_at < ? AND (r.oldest_at, r.conv) > (?, ?) ORDER BY r.oldest_at, r.conv LIMIT ?`,
  floorSeq: "SELECT floor_seq FROM records WHERE conv = ?",
  createdAt: "SELECT created_at FROM entries WHERE conv = ? AND seq = ?",
  nextIncarnation: "SELECT active_on FROM records WHERE active_on > ? ORDER BY active_on LIMIT 1",
  activeOn: `
    SELECT c.id FROM records r INDEXED BY records_active_on JOIN conversations c USING (conv)
    WHERE r.active_on = ? AND r.conv > ? ORDER BY r.conv LIMIT ?`,
  n: "SELECT n FROM entries WHERE conv = ? AND seq = ?",
  lastSeq: "SELECT max(seq) AS seq FROM entries WHERE conv = ?",
} as const;
