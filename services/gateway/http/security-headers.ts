import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

const own = ["'self'"];
const none = ["'none'"];

/** Scripts, styles and connections of the page come from this server alone. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: own,
    scriptSrc: own,
    styleSrc: own,
    connectSrc: own,
    imgSrc: [...own, "data:", "https:"],
    objectSrc: none,
    frameAncestors: none,
    baseUri: none,
    formAction: own,
  },
};

/** What other names of the domain do is not this server's to say. */
const strictTransportSecurity = { includeSubDomains: false };

/** On every answer, also those of the API. */
export function securityHeaders(): (req: IncomingMessage, res: ServerResponse) => void {
  const protect = helmet({ contentSecurityPolicy, strictTransportSecurity, xFrameOptions: { action: "deny" } });
  return (req, res) =>
    protect(req, res, (error) => {
      if (error) throw error;
    });
}
