import type { ChatClient } from "../../client/index.ts";

declare const client: ChatClient;

/** Who writes an app is told by the compiler what there is to hear and to say. */
export function hears(): void {
  client.on("message", ({ content, seq }) => [content.trim(), seq.toFixed()]);
  client.on("connection", ({ state }) => state === "online");
  const off: () => void = client.on("presence", ({ status }) => status === "away");
  off();

  // @ts-expect-error there is no such event
  client.on("massage", () => undefined);
  // @ts-expect-error of a socket's events the client keeps some for itself
  client.on("heads", () => undefined);
  // @ts-expect-error the event brings no such field
  client.on("message", ({ text }) => text);
  // @ts-expect-error what may be absent must be asked for
  client.on("message", ({ replyTo }) => replyTo.length);
  // @ts-expect-error an entry is not always a message
  client.on("entry", ({ content }) => content);
  // @ts-expect-error the listener wants another type
  client.on("connection", (state: number) => state);
  // @ts-expect-error not a state there is
  client.on("connection", ({ state }) => state === "sleeping");
}

export async function says(): Promise<void> {
  client.send({ to: "u", content: "hi" });
  const { items } = await client.call("GET /users", { query: { q: "ada" } });
  items[0]?.displayName.trim();
  (await client.call("GET /conversations")).items[0]?.lastSeq.toFixed();

  // @ts-expect-error a text is text
  client.send({ to: "u", content: 5 });
  // @ts-expect-error there is no such type
  client.send({ to: "u", content: "hi", type: "smell" });
  // @ts-expect-error there is no such row
  client.call("GET /user", { query: { q: "ada" } });
  // @ts-expect-error the query is needed
  client.call("GET /users", {});
  // @ts-expect-error and with it the request
  client.call("GET /users");
  // @ts-expect-error a path parameter is needed
  client.call("GET /users/:id", {});
  // @ts-expect-error the body is another row's
  client.call("POST /groups", { body: { userId: "u" } });
  // @ts-expect-error the answer is a page
  (await client.call("GET /users", { query: { q: "ada" } })).displayName;
}
