import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../../../contracts/clock.ts";

export type UpgradeHandler = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** When a server stops, a peer has so long to finish its part of the closing. */
const FAREWELL_MS = 1000;

/**
 * Requests of an HTTP server to speak another protocol: `/ws` is ours, `/socket.io/` is Socket.IO's own, anything
 * else is not found. Keeps count of the connections, which the HTTP server no longer does.
 */
export class Upgrades {
  readonly #open = new Set<Duplex>();
  #emptied: (() => void) | undefined;

  attach(server: Server, webSocket: UpgradeHandler): void {
    server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#keep(socket);
      const path = (req.url ?? "").split("?", 1)[0];
      if (path === "/ws") webSocket(req, socket, head);
      else if (!path?.startsWith("/socket.io/")) refuse(socket);
    });
  }

  /** Resolves when every connection is closed; after a second it closes them itself. */
  async close(clock: Clock): Promise<void> {
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
        clock.after(FAREWELL_MS, resolve);
      });
    }
    for (const socket of this.#open) socket.destroy();
  }

  #keep(socket: Duplex): void {
    this.#open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#emptied?.();
    });
  }
}

function refuse(socket: Duplex): void {
  socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}
