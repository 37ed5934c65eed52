import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { NotFoundError, toChatError } from "../../contracts/errors.ts";
import type { Probes } from "../probes.ts";

/** The probes of a node without a gateway, where its edge would listen. */
export class ProbeServer {
  readonly #server: Server;

  constructor(probes: Probes) {
    this.#server = createServer((req, res) => void answer(probes, (req.url ?? "").split("?", 1)[0] ?? "", res));
  }

  async listen(port: number, host: string): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, "listening");
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answer(probes: Probes, path: string, res: ServerResponse): Promise<void> {
  try {
    if (!Object.hasOwn(probes, path)) throw new NotFoundError("there is nothing at this address");
    const { contentType, body } = await probes[path as keyof Probes]();
    res.writeHead(200, { "Content-Type": contentType, "Cache-Control": "no-store" }).end(body);
  } catch (thrown) {
    const error = toChatError(thrown);
    res.writeHead(error.status, { "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
    res.end(JSON.stringify(error.toProblem()));
  }
}
