import type { Server as HttpServer } from "node:http";
import type { ServiceSchema } from "moleculer";
import SocketIOMixin from "moleculer-io";
import ApiGateway from "moleculer-web";
import type { Server as SocketIoServer } from "socket.io";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { httpEdge } from "./http/edge.ts";
import { messageCommands } from "./messages.ts";
import { sendRate } from "./send-rate.ts";
import { Acknowledgements } from "./sessions/acknowledgements.ts";
import { MissedRevocations } from "./sessions/missed-revocations.ts";
import { Sessions } from "./sessions/sessions.ts";
import { Connections } from "./transports/connections.ts";
import { Corks } from "./transports/corks.ts";
import { liveTransports } from "./transports/over-http.ts";
import { attachSocketIo, socketIoOptions } from "./transports/socket-io.ts";
import { webSocketUpgrade } from "./transports/web-socket.ts";

interface WebService {
  server: HttpServer;
  io: SocketIoServer;
  initSocketIO(): void;
}

/** This node's sockets and its HTTP edge. It has no rules of its own about what is said over them. */
export function gatewayService(deps: Deps): ServiceSchema {
  const messages = messageCommands(deps.caller, sendRate(deps.config));
  const sessions = new Sessions(deps, messages);
  const missed = new MissedRevocations(deps.caller, deps.clock, (device) => sessions.revoke(device));
  const acknowledgements = new Acknowledgements(deps.clock);
  const connections = new Connections();
  const corks = new Corks();
  const edge = httpEdge(deps, liveTransports(deps, sessions), messages);
  return serviceSchema<"gateway">({
    name: "gateway",
    mixins: [ApiGateway, socketIo],
    settings: { ...edge.settings, io: { options: socketIoOptions(deps.config), namespaces: {} } },
    methods: {
      ...edge.methods,
      // Before the server listens: no connection comes past the admission.
      createServer(this: WebService) {
        edge.methods.createServer?.call(this);
        connections.attach(this.server, webSocketUpgrade(sessions, corks, deps.config));
        this.initSocketIO();
        attachSocketIo(this.io, sessions, corks);
      },
    },
    actions: {
      deliver({ frames }) {
        sessions.deliver(frames);
        return acknowledgements.of(frames.length);
      },
      missed: (asked) => sessions.missed(asked),
      routes: (asked) => sessions.routes(asked),
      lookAgain: (asked) => sessions.lookAgain(asked),
      drain: () => sessions.drain(),
      kick: ({ userId, deviceId }) => ({ closed: sessions.kick(userId, deviceId) }),
    },
    events: {
      "$services.changed": () => sessions.servicesChanged(),
      "$transporter.disconnected"() {
        sessions.cutOff();
        missed.cutOff();
      },
      "$transporter.connected"({ wasReconnect }) {
        missed.reconnected();
        if (wasReconnect) sessions.reconnected();
      },
      "auth.deviceRevoked": (device) => sessions.revoke(device),
    },
    async started() {
      sessions.start();
      missed.start();
    },
    async stopped() {
      missed.stop();
      await sessions.drain();
      acknowledgements.flush();
      await connections.close(deps.clock);
    },
  });
}

/** The life and methods of the mixin; its actions and default settings would let clients call any action. */
const { created, started, stopped, methods } = SocketIOMixin;
const socketIo = { created, started, stopped, methods } as Partial<ServiceSchema>;
