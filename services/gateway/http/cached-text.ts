import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Text that is sent often and changes rarely: a client that has it is told so. */
export class CachedText {
  readonly #bytes: Buffer;
  readonly #etag: string;
  readonly #type: string;

  constructor(text: string, type: string) {
    this.#bytes = Buffer.from(text);
    this.#etag = `"${createHash("sha256").update(this.#bytes).digest("base64url").slice(0, 27)}"`;
    this.#type = type;
  }

  send(req: IncomingMessage, res: ServerResponse): void {
    res.setHeader("Cache-Control", "no-cache");
    res.setHeader("ETag", this.#etag);
    if (this.#has(req.headers["if-none-match"])) return void res.writeHead(304).end();
    res.writeHead(200, { "Content-Type": this.#type, "Content-Length": this.#bytes.length }).end(this.#bytes);
  }

  #has(known: string | undefined): boolean {
    return known?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === this.#etag) ?? false;
  }
}
