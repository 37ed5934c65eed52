import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { Server } from "socket.io";

/**
 * The least that a Node team would run: a message comes in, is acknowledged, and goes to a room. It knows who
 * somebody is by hearsay, and promises nothing. REDIS_URL joins it to others by Socket.IO's adapter for that;
 * with DATABASE_URL it keeps each message in PostgreSQL before it is acknowledged, otherwise it keeps nothing.
 */
interface Sent {
  to: string;
  clientMsgId: string;
  content: string;
}

const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = process.env;
const http = createServer((_, response) => response.end("ready"));
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
if (redisUrl) io.adapter(createAdapter(new Redis(redisUrl), new Redis(redisUrl)));
const keep = databaseUrl ? await keeper(databaseUrl) : undefined;
let last = 0;

io.on("connection", (socket) => {
  const { token: userId, room } = socket.handshake.auth as { token: string; room?: string };
  void socket.join(room ? [userId, room] : userId);
  socket.on("message:send", async ({ to, clientMsgId, content }: Sent, answer: (answer: unknown) => void) => {
    const id = String(++last);
    if (keep) await keep(userId, to, content);
    socket.to(to).emit("entry", { id, senderId: userId, clientMsgId, createdAt: new Date().toISOString(), content });
    answer({ ok: true, data: { id } });
  });
  socket.emit("synced", { more: false });
});

http.listen(Number(process.env.PORT), "127.0.0.1");

async function keeper(url: string) {
  const pool = new Pool({ connectionString: url, max: 10 });
  await pool.query("CREATE TABLE IF NOT EXISTS bare_messages (id bigserial PRIMARY KEY, sender text, room text, content text)");
  const insert = { name: "keep", text: "INSERT INTO bare_messages (sender, room, content) VALUES ($1, $2, $3)" };
  return (...values: [sender: string, room: string, content: string]) => pool.query({ ...insert, values });
}
