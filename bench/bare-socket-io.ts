import { createServer } from "node:http";
import { Server } from "socket.io";

/**
 * The least that a Node team would run: a message comes in, is acknowledged, and goes to a room. It knows who
 * somebody is by hearsay, keeps nothing and promises nothing.
 */
interface Sent {
  to: string;
  clientMsgId: string;
  content: string;
}

const http = createServer((_, response) => response.end("ready"));
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
let last = 0;

io.on("connection", (socket) => {
  const { token: userId, room } = socket.handshake.auth as { token: string; room?: string };
  void socket.join(room ? [userId, room] : userId);
  socket.on("message:send", ({ to, clientMsgId, content }: Sent, answer: (answer: unknown) => void) => {
    const id = String(++last);
    socket.to(to).emit("entry", { id, senderId: userId, clientMsgId, createdAt: new Date().toISOString(), content });
    answer({ ok: true, data: { id } });
  });
  socket.emit("synced", { more: false });
});

http.listen(Number(process.env.PORT), "127.0.0.1");
