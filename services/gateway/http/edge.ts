import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { ServiceSchema } from "moleculer";
import type { ApiSettingsSchema } from "moleculer-web";
import type { Deps } from "../../deps.ts";
import type { LiveTransports } from "../live-transports.ts";
import type { MessageCommands } from "../messages.ts";
import { aliases } from "./aliases.ts";
import { crossOrigin } from "./cross-origin.ts";
import { pageFolder } from "./page.ts";
import { problems } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";
import { edgeServer } from "./server.ts";

/** What the gateway service mixes in beside moleculer-web: everything that is spoken over plain HTTP. */
export interface HttpEdge {
  settings: ApiSettingsSchema;
  methods: NonNullable<ServiceSchema["methods"]>;
}

/** moleculer-web listens, routes, bounds bodies and serves the page's files; what is said is ours. */
export function httpEdge(deps: Deps, live: LiveTransports, messages: MessageCommands): HttpEdge {
  return { settings: settings(deps, live, messages), methods: methods(deps) };
}

function settings(deps: Deps, live: LiveTransports, messages: MessageCommands): ApiSettingsSchema {
  const { port, host, frameBytes } = deps.config;
  return {
    // Other nodes have no use for the routing table.
    $secureSettings: ["routes", "assets"],
    port,
    ip: host,
    logRequest: null,
    logResponse: null,
    logRequestParams: null,
    logRouteRegistration: null,
    optimizeOrder: false,
    routes: [
      {
        path: "/",
        mergeParams: false,
        mappingPolicy: "restrict",
        logging: false,
        bodyParsers: { raw: { type: () => true, limit: frameBytes, inflate: false } },
        aliases: aliases(deps, messages, live),
      },
    ],
    assets: pageFolder,
  };
}

/** Without a byte in either direction for so long a connection is closed; live ones say something at each heartbeat. */
const IDLE_MS = 120_000;

interface WebService {
  server: Server;
  httpHandler(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/** Methods of moleculer-web that the edge replaces. */
function methods({ config, logger }: Deps): HttpEdge["methods"] {
  const answerProblem = problems(logger("gateway.http"), config.nodeEnv !== "production");
  const protect = securityHeaders();
  const answersOptions = crossOrigin(config.corsOrigins);
  return {
    createServer(this: WebService) {
      const listener: RequestListener = (req, res) => {
        protect(req, res);
        // Here, not in the router: that would run a row's handler for an OPTIONS request.
        if (!answersOptions(req, res)) void this.httpHandler(req, res);
      };
      this.server = edgeServer(listener, { idleMs: Math.max(IDLE_MS, 2 * config.heartbeatMs) });
    },
    // The dispatcher reads queries itself.
    parseQueryString: ({ url = "/" }: IncomingMessage) => ({ url: url.split("?", 1)[0], query: {} }),
    errorHandler: answerProblem,
    sendError: answerProblem,
  };
}
