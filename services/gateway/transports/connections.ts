import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../../../contracts/clock.ts";
import { farewell } from "../http/farewell.ts";

export type UpgradeHandler = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** When the server stops, answers and farewells under way have so long. */
const FAREWELL_MS = 1000;
const LOOK_FOR_IDLE_MS = 50;

/**
 * The connections of the HTTP server. Those that ask for another protocol: `/ws` is ours, `/socket.io/` is
 * Socket.IO's own, anything else is not found. And the end of all of them.
 */
export class Connections {
  /** Upgraded ones, which the HTTP server no longer knows. */
  readonly #upgraded = new Set<Duplex>();
  /** One listener for all of them. */
  readonly #closed: (this: Duplex) => void;
  #server: Server | undefined;

  constructor() {
    const upgraded = this.#upgraded;
    this.#closed = function () {
      upgraded.delete(this);
    };
  }

  attach(server: Server, webSocket: UpgradeHandler): void {
    this.#server = server;
    server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#keep(socket);
      // Sessions have heartbeats, and who has none yet has little time.
      req.socket.setTimeout(0);
      const path = (req.url ?? "").split("?", 1)[0];
      if (path === "/ws") webSocket(req, socket, head);
      else if (!path?.startsWith("/socket.io/")) farewell(socket, notFound);
    });
  }

  /** Takes no more, and resolves when every one is closed. It closes those itself that take more than a second. */
  async close(clock: Clock): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    const idle = clock.every(LOOK_FOR_IDLE_MS, () => server.closeIdleConnections());
    const end = clock.after(FAREWELL_MS, () => {
      for (const socket of this.#upgraded) socket.destroy();
      server.closeAllConnections();
    });
    await new Promise<void>((resolve) => server.close(() => resolve()));
    idle.cancel();
    end.cancel();
  }

  #keep(socket: Duplex): void {
    this.#upgraded.add(socket);
    socket.on("error", destroy);
    socket.on("close", this.#closed);
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}

const notFound = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
