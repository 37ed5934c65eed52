import type { Caller } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import { ForbiddenError, ValidationError } from "../../../contracts/errors.ts";
import { limits } from "../../../contracts/limits.ts";
import { type ClientAnswer, type ClientData, type ClientEvent, clientEvents } from "../../../contracts/socket-events.ts";
import { validate } from "../../../contracts/validate.ts";
import { isDeeperThan } from "../../../domain/session/nesting.ts";
import type { Destination, MessageCommands } from "../messages.ts";
import type { RoutePublisher } from "./route-publisher.ts";
import type { Session } from "./session.ts";
import type { Typing } from "./typing.ts";
import type { Watches } from "./watches.ts";

/** What answers `{}` may answer nothing. */
type Reply<E extends ClientEvent> = Promise<ClientAnswer<E> | (ClientAnswer<E> extends Record<string, never> ? void : never)>;
type Handlers = { [E in ClientEvent]: (session: Session, data: ClientData<E>) => Reply<E> };

export interface CommandsParts {
  caller: Caller;
  clock: Clock;
  messages: MessageCommands;
  routes: Pick<RoutePublisher, "told">;
  typing: Typing;
  watches: Watches;
}

/** Runs whatever a client says over a session: known event, valid data, then the action that it means. */
export class Commands {
  readonly #handlers: Handlers;

  constructor({ caller, clock, messages, routes, typing, watches }: CommandsParts) {
    this.#handlers = {
      ...messageHandlers(messages),
      ...signalHandlers(caller, messages, typing),
      ...presenceHandlers(caller, messages, routes, watches),
      ...sessionHandlers(caller, clock),
    };
  }

  /** Throws at once what is wrong with the request itself. No data is nothing asked for in particular. */
  run(session: Session, event: unknown, data: unknown = {}): Promise<unknown> {
    if (!isClientEvent(event)) throw ValidationError.at("event", "is not one that this server knows");
    if (isDeeperThan(limits.jsonDepth, data)) throw ValidationError.at("data", "is nested too deeply");
    return this.#answer(event, session, data);
  }

  #answer<E extends ClientEvent>(event: E, session: Session, data: unknown): Reply<E> {
    const input = validate(clientEvents[event].data, data);
    return this.#handlers[event](session, input as ClientData<E>);
  }
}

function isClientEvent(event: unknown): event is ClientEvent {
  return typeof event === "string" && Object.hasOwn(clientEvents, event);
}

type Some<E extends ClientEvent> = Pick<Handlers, E>;

const messageHandlers = ({
  send,
  change,
  hide,
}: MessageCommands): Some<"message:send" | "message:edit" | "message:delete" | "message:react" | "message:pin"> => ({
  "message:send": ({ viewer }, { conversationId, to, ...message }) =>
    // The schema lets exactly one of them through.
    send(viewer, (to === undefined ? { conversationId } : { to }) as Destination, message),
  "message:edit": ({ viewer }, { id, ...edit }) => change(viewer, id, { op: "edit", ...edit }),
  "message:delete": ({ viewer }, data) => (data.for === "me" ? hide(viewer, data.id) : change(viewer, data.id, { op: "delete" })),
  "message:react": ({ viewer }, { id, emoji, op }) => change(viewer, id, { op: "react", emoji, remove: op === "remove" }),
  "message:pin": ({ viewer }, { id, op }) => change(viewer, id, { op: "pin", remove: op === "remove" }),
});

const signalHandlers = (
  { call }: Caller,
  { paceSignals }: MessageCommands,
  typing: Typing,
): Some<"receipt:delivered" | "receipt:read" | "typing"> => ({
  "receipt:delivered": ({ viewer }, data) => call("conversations.cursor", { viewer, kind: "delivered", ...data }),
  "receipt:read": ({ viewer }, data) => call("conversations.cursor", { viewer, kind: "read", ...data }),
  async typing({ viewer }, data) {
    await paceSignals(viewer);
    return typing.say(viewer, data);
  },
});

const presenceHandlers = (
  { call }: Caller,
  { paceSignals }: MessageCommands,
  routes: Pick<RoutePublisher, "told">,
  watches: Watches,
): Some<"presence:set" | "presence:watch" | "presence:unwatch"> => ({
  async "presence:set"({ viewer }, { status }) {
    await paceSignals(viewer);
    return call("presence.set", { userId: viewer.userId, status });
  },
  // Whoever watches hears of the next change: routers know of a new session before it watches.
  async "presence:watch"(session, { userIds }) {
    await routes.told();
    return watches.watch(session, userIds);
  },
  "presence:unwatch": (session, { userIds }) => watches.unwatch(session, userIds),
});

const sessionHandlers = ({ call }: Caller, clock: Clock): Some<"sync" | "auth:refresh"> => ({
  sync: (session, request) => session.readAlone(() => call("conversations.sync", { viewer: session.viewer, request })),
  async "auth:refresh"(session, { token }) {
    const { userId, deviceId, expiresAt } = await call("auth.verifyToken", { token });
    const { viewer } = session;
    if (userId !== viewer.userId || deviceId !== viewer.deviceId) throw new ForbiddenError("the token is another device's");
    session.expiresAt = expiresAt;
    return { expiresIn: Math.max(0, Math.round((expiresAt - clock.now()) / 1000)) };
  },
});
