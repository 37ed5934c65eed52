import type { Presence, Status } from "../contracts/shapes.ts";
import type { Connection } from "./connection/connection.ts";

const watchedAtOnce = 500;
export type OwnStatus = Exclude<Status, "offline">;

/** What this client said of itself and whom it watches: both die with a socket, so each new one is told again. */
export class PresenceWatch {
  readonly #request: Connection["request"];
  readonly #onPresence: (presence: Presence) => void;
  #status: OwnStatus = "online";
  #watched = new Set<string>();

  constructor(request: Connection["request"], onPresence: (presence: Presence) => void) {
    this.#request = request;
    this.#onPresence = onPresence;
  }

  /** Tells of these users from now on, beginning with how they are now. */
  async watch(userIds: string[]): Promise<void> {
    const added = userIds.filter((id) => !this.#watched.has(id));
    for (const id of added) this.#watched.add(id);
    await this.#ask(added);
  }

  async unwatch(userIds: string[]): Promise<void> {
    for (const id of userIds) this.#watched.delete(id);
    await attempt(this.#request("presence:unwatch", { userIds }));
  }

  async set(status: OwnStatus): Promise<void> {
    this.#status = status;
    await attempt(this.#request("presence:set", { status }));
  }

  async connected(): Promise<void> {
    if (this.#status !== "online") await attempt(this.#request("presence:set", { status: this.#status }));
    await this.#ask([...this.#watched]);
  }

  async #ask(userIds: string[]): Promise<void> {
    for (let i = 0; i < userIds.length; i += watchedAtOnce) {
      const answer = await attempt(this.#request("presence:watch", { userIds: userIds.slice(i, i + watchedAtOnce) }));
      for (const presence of answer?.items ?? []) this.#onPresence(presence);
    }
  }
}

/** Presence is a courtesy: what fails now is said again on the next connection. */
const attempt = <T>(request: Promise<T>): Promise<T | undefined> => request.catch(() => undefined);
