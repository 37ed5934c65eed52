import { createServer } from "node:http";
import { type Context, ServiceBroker } from "moleculer";
import { Server } from "socket.io";
import { Gathered } from "./gathered.ts";
import { inMongo } from "./keepers.ts";

/**
 * The way of a message through the packages that a cluster of the engine is made of, and nothing of the engine:
 * Socket.IO at the gateways, Moleculer's calls over NATS, MongoDB. ROLE: `gateway`; or `core`, which numbers the
 * messages of a conversation, keeps them before they are acknowledged, and sends them to the gateways that have asked
 * for them. All that comes up while a call or an insert is under way goes in the next. It knows no members, devices or
 * cursors, and nothing may fail or be repeated.
 */
interface Sent {
  from: string;
  to: string;
  clientMsgId: string;
  content: string;
}
interface Entry extends Sent {
  id: string;
  createdAt: string;
}

/** Cores are bare-0 and bare-1. */
const CORES = 2;
const { ROLE: role, NODE_ID: nodeID = "", NATS_URL: natsUrl = "", MONGO_URL: mongoUrl = "", PORT: port } = process.env;
const broker = new ServiceBroker({
  nodeID,
  transporter: { type: "NATS", options: { url: natsUrl } },
  namespace: "bare",
  logger: false,
});
const http = createServer((_, response) => response.end("ready"));

if (role === "gateway") startGateway();
else await startCore();
await broker.start();
await broker.waitForServices(["core", "gateway"]);
http.listen(Number(port), "127.0.0.1");

function startGateway(): void {
  const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
  const append = (node: string) => (messages: Sent[]) =>
    broker.call<string[], { messages: Sent[] }>("core.append", { messages }, { nodeID: node });
  const cores = Array.from({ length: CORES }, (_, i) => new Gathered(append(`bare-${i}`)));
  io.on("connection", (socket) => {
    const { token: from, room } = socket.handshake.auth as { token: string; room?: string };
    const rooms = room ? [from, room] : [from];
    void socket.join(rooms);
    void broker.broadcast("bare.here", { rooms });
    socket.on("message:send", async ({ to, clientMsgId, content }: Sent, answer: (answer: unknown) => void) => {
      const id = await cores[ownerOf(conversationOf(from, to))]?.ask({ from, to, clientMsgId, content });
      answer({ ok: true, data: { id } });
    });
    socket.emit("synced", { more: false });
  });
  const deliver = ({ params }: Context<{ entries: Entry[] }>) => {
    for (const { id, from: senderId, to, clientMsgId, createdAt, content } of params.entries) {
      io.to(to).except(senderId).emit("entry", { id, senderId, clientMsgId, createdAt, content });
    }
  };
  broker.createService({ name: "gateway", actions: { deliver } });
}

async function startCore(): Promise<void> {
  const keep = await inMongo(mongoUrl);
  const places = new Map<string, Set<string>>();
  const ways = new Map<string, Gathered<Entry, void>>();
  const ends = new Map<string, number>();

  const deliver =
    (node: string) =>
    async (entries: Entry[]): Promise<void[]> => {
      await broker.call("gateway.deliver", { entries }, { nodeID: node });
      return [];
    };
  const wayTo = (node: string) => {
    const way = ways.get(node) ?? new Gathered<Entry, void>(deliver(node));
    ways.set(node, way);
    return way;
  };
  const appendOne = async (message: Sent) => {
    const conversationId = conversationOf(message.from, message.to);
    const seq = (ends.get(conversationId) ?? 0) + 1;
    ends.set(conversationId, seq);
    const { from: senderId, clientMsgId, content } = message;
    await keep({ conversationId, seq, clientMsgId, senderId, content });
    const entry = { ...message, id: `${conversationId}-${seq}`, createdAt: new Date().toISOString() };
    for (const node of places.get(message.to) ?? []) void wayTo(node).ask(entry);
    return entry.id;
  };

  broker.createService({
    name: "core",
    actions: { append: ({ params }: Context<{ messages: Sent[] }>) => Promise.all(params.messages.map(appendOne)) },
    events: {
      "bare.here": ({ params, nodeID: node }: Context<{ rooms: string[] }>) => {
        for (const room of params.rooms) places.set(room, (places.get(room) ?? new Set()).add(node ?? ""));
      },
    },
  });
}

function conversationOf(one: string, other: string): string {
  return one < other ? `${one}:${other}` : `${other}:${one}`;
}

function ownerOf(conversationId: string): number {
  let hash = 0;
  for (let i = 0; i < conversationId.length; i++) hash = (hash * 31 + conversationId.charCodeAt(i)) | 0;
  return Math.abs(hash) % CORES;
}
