import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import type { LiveTransports } from "../live-transports.ts";
import { bearerToken } from "./bearer.ts";
import { type EdgeHandler, type EdgeRequest, queryOf } from "./request.ts";

/** `GET /events`: the one row that is not JSON. A browser's EventSource cannot set headers, so its token may be in the query. */
export function eventStream(live: LiveTransports, verify: (token: string) => Promise<VerifiedToken>): EdgeHandler {
  return async (req, res) => {
    const viewer = await verify(tokenOf(req));
    const lastEventId = req.headers["last-event-id"];
    return live.eventStream(req, res, viewer, typeof lastEventId === "string" ? lastEventId : undefined);
  };
}

function tokenOf(req: EdgeRequest): string {
  const { token } = queryOf(req.originalUrl);
  return typeof token === "string" && !req.headers.authorization ? token : bearerToken(req);
}
