import type { Caller } from "../../../contracts/caller.ts";
import type { ClientData } from "../../../contracts/socket-events.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import { Wheel } from "../../../domain/session/wheel.ts";

/** Who types says so every three seconds; what is not said again within six has ended. */
const GONE_MS = 6000;

interface Typist {
  key: string;
  viewer: Viewer;
  conversationId: string;
  goneAt: number;
}

/** Passes on who types, and ends it for those who went away while they did. */
export class Typing {
  readonly #caller: Caller;
  readonly #wheel: Wheel<Typist>;
  readonly #typists = new Map<string, Typist>();

  constructor(caller: Caller, tickMs: number) {
    this.#caller = caller;
    this.#wheel = new Wheel(tickMs);
  }

  async say(viewer: Viewer, { conversationId, state }: ClientData<"typing">): Promise<void> {
    await this.#caller.call("conversations.typing", { viewer, conversationId, state });
    const key = `${viewer.userId} ${conversationId}`;
    const known = this.#typists.get(key);
    const goneAt = this.#wheel.now + GONE_MS;
    if (state === "stop") this.#typists.delete(key);
    else if (known) known.goneAt = goneAt;
    else this.#begin({ key, viewer, conversationId, goneAt });
  }

  turn(): void {
    this.#wheel.turn((typist, now) => this.#visit(typist, now));
  }

  #begin(typist: Typist): void {
    this.#typists.set(typist.key, typist);
    this.#wheel.add(typist, typist.goneAt);
  }

  #visit(typist: Typist, now: number): number | undefined {
    if (this.#typists.get(typist.key) !== typist) return undefined;
    if (now < typist.goneAt) return typist.goneAt;
    this.#typists.delete(typist.key);
    const { viewer, conversationId } = typist;
    // Clients end it themselves as well.
    void this.#caller.call("conversations.typing", { viewer, conversationId, state: "stop" }).catch(() => undefined);
    return undefined;
  }
}
