const cursor = "delivered_seq, u.read_seq, u.read_n, u.delivered_steps, u.read_steps";
const conv = "(SELECT conv FROM conversations WHERE id = ?)";

const ofMember = (where: string) => `
  SELECT c.id, m.conv, m.user, u.${cursor}
  FROM conversations c JOIN members m ON m.conv = c.conv
    LEFT JOIN user_cursors u ON u.conv = m.conv AND u.user = m.user
  WHERE ${where}`;

/** Every statement by which the participation store is read. Each must be answered from an index. */
export const participationQueries = {
  cursorsOf: `
    SELECT c.id, u.user, u.${cursor} FROM conversations c JOIN user_cursors u ON u.conv = c.conv WHERE c.id = ?`,
  cursorsFor: ofMember("m.user = ?"),
  cursorIn: ofMember("m.user = ? AND c.id = ?"),
  others: `
    SELECT min(coalesce(u.delivered_seq, 0)) AS delivered_seq, min(coalesce(u.read_seq, 0)) AS read_seq
    FROM members m LEFT JOIN user_cursors u ON u.conv = m.conv AND u.user = m.user
    WHERE m.conv = ? AND m.user <> ? AND m.present = 1`,
  lowestDelivered: `
    SELECT min(coalesce(u.delivered_seq, 0)) AS seq
    FROM members m LEFT JOIN user_cursors u ON u.conv = m.conv AND u.user = m.user
    WHERE m.conv = ${conv} AND m.present = 1`,
  lowestDevice: `SELECT min(seq) AS seq FROM device_cursors INDEXED BY device_cursors_conv WHERE conv = ${conv}`,
  deviceCursors: "SELECT c.id, d.seq FROM device_cursors d JOIN conversations c ON c.conv = d.conv WHERE d.device = ?",
  settings: `
    SELECT c.id, s.muted, s.pinned, s.archived, s.draft
    FROM participant_settings s JOIN conversations c ON c.conv = s.conv WHERE s.user = ?`,
  hiddenIn: `SELECT seq FROM hidden WHERE user = ? AND conv = ${conv} AND seq > ? AND seq <= ? ORDER BY seq`,
  hidesAnything: "SELECT 1 AS yes FROM hidden WHERE user = ? LIMIT 1",
  hiddenAbove: `SELECT count(*) AS count FROM hidden WHERE user = ? AND conv = ${conv} AND seq > ?`,
  changes: "SELECT change_seq, change FROM user_changes WHERE user = ? AND change_seq > ? ORDER BY change_seq LIMIT ?",
  lastChange: "SELECT max(change_seq) AS change_seq FROM user_changes WHERE user = ?",
} as const;
