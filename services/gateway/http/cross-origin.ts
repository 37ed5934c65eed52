import type { IncomingMessage, ServerResponse } from "node:http";

const methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const requestHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID";
const preflightSeconds = 600;

/**
 * Lets web pages of these origins (`*`: all) call the API; an origin that is not among them is given no
 * permission, which its browser enforces. Answers every OPTIONS itself, and then returns true.
 */
export function crossOrigin(origins: readonly string[]): (req: IncomingMessage, res: ServerResponse) => boolean {
  const allowed = new Set(origins);
  return (req, res) => {
    const { origin } = req.headers;
    if (allowed.size) res.setHeader("Vary", "Origin");
    const permitted = origin !== undefined && (allowed.has("*") || allowed.has(origin));
    if (permitted) {
      res.setHeader("Access-Control-Allow-Origin", allowed.has("*") ? "*" : origin);
      res.setHeader("Access-Control-Expose-Headers", "Retry-After");
    }
    if (req.method !== "OPTIONS") return false;
    if (permitted) permitPreflight(res);
    res.writeHead(204, { Allow: methods }).end();
    return true;
  };
}

function permitPreflight(res: ServerResponse): void {
  res.setHeader("Access-Control-Allow-Methods", methods);
  res.setHeader("Access-Control-Allow-Headers", requestHeaders);
  res.setHeader("Access-Control-Max-Age", preflightSeconds);
}
