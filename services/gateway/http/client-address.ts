import type { IncomingMessage } from "node:http";

/** Where a request comes from; behind a trusted proxy, the address that this proxy saw. */
export function clientAddress(req: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? req.headers["x-forwarded-for"] : undefined;
  const seenByProxy = String(forwarded ?? "")
    .split(",")
    .at(-1)
    ?.trim();
  return (seenByProxy || req.socket.remoteAddress || "").replace(/^::ffff:/, "");
}
