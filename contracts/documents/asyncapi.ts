import { z } from "zod";
import { apiPrefix } from "../rest/index.ts";
import { type ClientEvent, clientEvents, type ServerEvent, serverEvents } from "../socket-events.ts";
import { type About, Components, type JsonSchema } from "./components.ts";
import { socketError } from "./errors.ts";

type Messages = Record<string, { name: string; title?: string; payload: JsonSchema }>;

/** How one transport wraps the data of events. */
interface Transport {
  address: string;
  description: string;
  /** A client can send events too, and gets acknowledgements. */
  upward: boolean;
  up(event: string, data: JsonSchema): JsonSchema;
  acknowledgement(answer: JsonSchema, error: JsonSchema): JsonSchema;
  down(event: string, data: JsonSchema): JsonSchema;
}

const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});
const okOr = (frame: Record<string, JsonSchema>, answer: JsonSchema, error: JsonSchema): JsonSchema => ({
  oneOf: [object({ ...frame, ok: { const: true }, data: answer }), object({ ...frame, ok: { const: false }, error })],
});
const asItIs = (_: string, data: JsonSchema) => data;
const frameId: JsonSchema = { type: ["string", "number"], description: "the client's own, given back with the answer" };

const transports: Record<string, Transport> = {
  socketIo: {
    address: "/socket.io",
    description: "Socket.IO, namespace `/`, `auth: { token, v: 1 }`; the payload is the event's one argument.",
    upward: true,
    up: asItIs,
    acknowledgement: (answer, error) => okOr({}, answer, error),
    down: asItIs,
  },
  webSocket: {
    address: "/ws",
    description: "Plain WebSocket, `?token=` or `Sec-WebSocket-Protocol: chat.v1, <token>`; each frame is JSON text.",
    upward: true,
    up: (event, data) => object({ id: frameId, event: { const: event }, data }),
    acknowledgement: (answer, error) => okOr({ id: frameId }, answer, error),
    down: (event, data) => object({ event: { const: event }, data }),
  },
  eventStream: {
    address: `${apiPrefix}/events`,
    description: "Server-Sent Events: `event` is the name, `id` a sync cursor, and the payload is its data.",
    upward: false,
    up: asItIs,
    acknowledgement: (answer) => answer,
    down: asItIs,
  },
};

/** The live side of the contract as AsyncAPI 3.0, seen from the server: it receives what clients send. */
export function asyncApi({ version, url }: About) {
  const components = new Components();
  const described = Object.entries(transports).map(([id, transport]) => describe(id, transport, components));
  return {
    asyncapi: "3.0.0",
    info: { title: "Switchboard", version, description: "The events of a chat engine, over three transports." },
    defaultContentType: "application/json",
    ...(url && { servers: { public: { host: new URL(url).host, protocol: url.startsWith("https") ? "wss" : "ws" } } }),
    channels: Object.assign({}, ...described.map(({ channel }) => channel)),
    operations: Object.assign({}, ...described.map(({ operations }) => operations)),
    components: { schemas: components.schemas() },
  };
}

function describe(id: string, transport: Transport, components: Components) {
  const ups = transport.upward ? (Object.keys(clientEvents) as ClientEvent[]) : [];
  const downs = Object.keys(serverEvents) as ServerEvent[];
  const messages: Messages = Object.assign(
    {},
    ...ups.map((event) => upMessages(event, transport, components)),
    ...downs.map((event) => downMessage(event, transport, components)),
  );
  const { address, description } = transport;
  const operations = [...ups.map((event) => receive(id, event)), ...downs.map((event) => send(id, event))];
  return { channel: { [id]: { address, description, messages } }, operations: Object.assign({}, ...operations) };
}

/** `message:send` → `messageSend`. */
const keyOf = (event: string) => event.replace(/:(\w)/g, (_, letter: string) => letter.toUpperCase());
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function upMessages(event: ClientEvent, { up, acknowledgement }: Transport, components: Components): Messages {
  const { data, answer } = clientEvents[event];
  const name = capital(keyOf(event));
  const answered = components.ref(
    answer,
    answer instanceof z.ZodObject && !Object.keys(answer.shape).length ? "Nothing" : `${name}Answer`,
  );
  return {
    [`${keyOf(event)}.up`]: { name: event, payload: up(event, components.ref(data, `${name}Data`)) },
    [`${keyOf(event)}.ack`]: {
      name: event,
      title: `Acknowledgement of ${event}`,
      payload: acknowledgement(answered, components.ref(socketError, "SocketError")),
    },
  };
}

function downMessage(event: ServerEvent, { down }: Transport, components: Components): Messages {
  const data = components.ref(serverEvents[event], `${capital(keyOf(event))}Event`);
  return { [`${keyOf(event)}.down`]: { name: event, payload: down(event, data) } };
}

const channelRef = (id: string) => ({ $ref: `#/channels/${id}` });
const messageRef = (id: string, message: string) => ({ $ref: `#/channels/${id}/messages/${message}` });

function receive(id: string, event: ClientEvent) {
  const key = keyOf(event);
  return {
    [`${id}.receive.${key}`]: {
      action: "receive",
      channel: channelRef(id),
      messages: [messageRef(id, `${key}.up`)],
      reply: { channel: channelRef(id), messages: [messageRef(id, `${key}.ack`)] },
    },
  };
}

function send(id: string, event: ServerEvent) {
  const key = keyOf(event);
  return {
    [`${id}.send.${key}`]: { action: "send", channel: channelRef(id), messages: [messageRef(id, `${key}.down`)] },
  };
}
