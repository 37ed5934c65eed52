import { type ChatClient, createClient } from "../../client/index.ts";
import type { ClientEvent, ClientInput } from "../../contracts/socket-events.ts";
import { goodPassword, newUsername } from "../protocol/people.ts";
import type { Account } from "./person.ts";

/** Somebody elsewhere: no browser, the SDK alone. */
export class Guest {
  readonly client: ChatClient;
  readonly account: Account;

  private constructor(client: ChatClient, account: Account) {
    this.client = client;
    this.account = account;
  }

  static async signUp(url: string, name: string): Promise<Guest> {
    const account = { name, username: newUsername(), password: goodPassword() };
    const client = createClient({ url });
    await client.register({ username: account.username, password: account.password, displayName: name });
    await client.login(account.username, account.password);
    const online = new Promise<void>((resolve) => client.on("ready", () => resolve()));
    client.connect();
    await online;
    return new Guest(client, account);
  }

  get id(): string {
    return this.client.user?.id ?? "";
  }

  /** Sends it and answers its id, once the server has it. */
  say(
    content: string,
    where: { to: string } | { conversationId: string; replyTo?: string },
  ): Promise<{ id: string; conversationId: string }> {
    return new Promise((resolve) => {
      const stop = this.client.on("outbox", (change) => {
        if (change.state !== "sent" || change.item.clientMsgId !== sent.clientMsgId) return;
        stop();
        resolve(change.entry);
      });
      const sent = this.client.send({ ...where, content });
    });
  }

  do<E extends ClientEvent>(event: E, data: ClientInput<E>): Promise<unknown> {
    return this.client.request(event, data);
  }
}

/** A few conversations as people have them. Answers who to look at them as. */
export async function makeScene(url: string): Promise<{ ada: Account; guests: Guest[]; group: string }> {
  const [ada, bob, carol] = (await Promise.all(
    ["Ada Okafor", "Bob Lindqvist", "Carol Tanaka"].map((name) => Guest.signUp(url, name)),
  )) as [Guest, Guest, Guest];
  const { conversation } = await bob.client.call("POST /groups", {
    body: { name: "Sunday walk", memberIds: [ada.id, carol.id] },
  });
  const group = { conversationId: conversation.id };
  await bob.say("The usual place at nine?", group);
  await carol.say("I bring the map 🗺️", group);
  await carol.say("The tickets are booked 🎟️", { to: ada.id });
  const { conversationId } = await bob.say("Good morning! Did the release go out?", { to: ada.id });
  const here = { conversationId };
  await ada.say("It did, at seven. Nobody noticed, which is how we like it.", here);
  const plug = await ada.say("I pulled the plug on one node halfway through.", here);
  const and = await bob.say("And?", { ...here, replyTo: plug.id });
  await bob.do("message:edit", { id: and.id, content: "And then?" });
  const all = await ada.say("Everything that was acknowledged was there. Once, and in order.", here);
  await bob.do("message:react", { id: all.id, emoji: "👍", op: "add" });
  const { seq } = await ada.client.request("message:react", { id: all.id, emoji: "🎉", op: "add" });
  await bob.client.read(conversationId, seq);
  ada.client.close();
  return { ada: ada.account, guests: [bob, carol], group: conversation.name ?? "" };
}
