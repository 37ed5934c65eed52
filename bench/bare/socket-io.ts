import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { inPostgres, inSqlite, type Keep } from "./keepers.ts";

/**
 * The least that a Node team would run: a message comes in, is acknowledged, and goes to a room. It knows who
 * somebody is by hearsay, and promises nothing. REDIS_URL joins it to others by Socket.IO's adapter for that.
 * With DATABASE_URL (PostgreSQL) or KEEP_FILE (SQLite) it keeps each message before it is acknowledged, otherwise
 * it keeps nothing.
 */
interface Sent {
  to: string;
  clientMsgId: string;
  content: string;
}

const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, KEEP_FILE: file } = process.env;
const http = createServer((_, response) => response.end("ready"));
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
if (redisUrl) io.adapter(createAdapter(new Redis(redisUrl), new Redis(redisUrl)));
const keep = await keeper();
let last = 0;

io.on("connection", (socket) => {
  const { token: userId, room } = socket.handshake.auth as { token: string; room?: string };
  void socket.join(room ? [userId, room] : userId);
  socket.on("message:send", async ({ to, clientMsgId, content }: Sent, answer: (answer: unknown) => void) => {
    const seq = ++last;
    const id = String(seq);
    if (keep) await keep({ conversationId: to, seq, clientMsgId, senderId: userId, content });
    socket.to(to).emit("entry", { id, senderId: userId, clientMsgId, createdAt: new Date().toISOString(), content });
    answer({ ok: true, data: { id } });
  });
  socket.emit("synced", { more: false });
});

http.listen(Number(process.env.PORT), "127.0.0.1");

async function keeper(): Promise<Keep | undefined> {
  if (databaseUrl) return inPostgres(databaseUrl);
  return file ? inSqlite(file) : undefined;
}
