import type { Events, Params } from "../../../contracts/caller.ts";
import type { Timer } from "../../../contracts/clock.ts";
import type { CloseReason } from "../../../contracts/close-codes.ts";
import { type ChatError, toChatError, UnauthenticatedError, UnavailableError } from "../../../contracts/errors.ts";
import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import type { DeliverFrame, RoutePage } from "../../../contracts/services/routing.ts";
import { reconnectAfter } from "../../../domain/session/reconnect-times.ts";
import type { Deps } from "../../deps.ts";
import type { MessageCommands } from "../messages.ts";
import { CatchUp } from "./catch-up.ts";
import { Commands } from "./commands.ts";
import { Delivery } from "./delivery.ts";
import { GatewayMetrics } from "./gateway-metrics.ts";
import { readyOf } from "./ready.ts";
import type { Recipient } from "./recipient.ts";
import { Recipients } from "./recipients.ts";
import { RoutePages } from "./route-pages.ts";
import { RoutePublisher } from "./route-publisher.ts";
import { RunningRequests } from "./running-requests.ts";
import { SecondLook } from "./second-look.ts";
import { Session, type SessionHost } from "./session.ts";
import type { Transport } from "./transport.ts";
import { Typing } from "./typing.ts";
import { Vigil } from "./vigil.ts";
import { Watches } from "./watches.ts";

/** A conversation that did not move for one to two of these starts a new order. */
const ORDER_MS = 30_000;
const DIGEST_MS = 5000;
/** A gateway that goes down waits so long for the requests under way. */
const FINISH_MS = 3000;

/** All sessions of this gateway, and everything that they share. */
export class Sessions {
  readonly #deps: Deps;
  readonly #recipients = new Recipients();
  readonly #routes: RoutePublisher;
  readonly #routePages: RoutePages;
  readonly #delivery: Delivery;
  readonly #secondLook: SecondLook;
  readonly #typing: Typing;
  readonly #watches: Watches;
  readonly #commands: Commands;
  readonly #catchUp: CatchUp;
  readonly #vigil: Vigil;
  readonly #metrics: GatewayMetrics;
  readonly #running = new RunningRequests();
  readonly #host: SessionHost;
  #timers: Timer[] = [];
  #heard = 0;
  #drained: Promise<void> | undefined;

  constructor(deps: Deps, messages: MessageCommands) {
    const { config, clock, caller, nodeID } = deps;
    const logger = deps.logger("gateway.sessions");
    this.#deps = deps;
    this.#routes = new RoutePublisher(nodeID, caller, clock);
    this.#routePages = new RoutePages(() => this.#routes.snapshot(), clock);
    this.#delivery = new Delivery(this.#recipients, caller, clock, logger);
    this.#secondLook = new SecondLook(this.#recipients, caller, clock, logger);
    this.#watches = new Watches(nodeID, caller, clock, logger);
    this.#catchUp = new CatchUp({ caller, routes: this.#routes, delivery: this.#delivery, clock, logger });
    this.#vigil = new Vigil(config, clock, (session) => void this.#catchUp.lookAgain(session));
    this.#typing = new Typing(caller, this.#vigil.tickMs);
    const shared = { routes: this.#routes, typing: this.#typing, watches: this.#watches };
    this.#commands = new Commands({ caller, clock, messages, ...shared });
    this.#metrics = new GatewayMetrics(deps.metrics);
    this.#host = this.#asHost();
  }

  start(): void {
    const { clock } = this.#deps;
    this.#timers = [
      clock.every(this.#vigil.tickMs, () => this.#turn()),
      clock.every(ORDER_MS, () => this.#delivery.turn()),
      clock.every(DIGEST_MS, () => this.tellDigest()),
    ];
  }

  get isDraining(): boolean {
    return this.#drained !== undefined;
  }

  /** Whose token this is: UNAUTHENTICATED, TOKEN_EXPIRED, or UNAVAILABLE while this gateway goes down. */
  async admit(token: string | undefined): Promise<VerifiedToken> {
    this.refuseWhileDraining();
    if (!token) throw new UnauthenticatedError("an access token is needed");
    return this.#deps.caller.call("auth.verifyToken", { token, seen: true });
  }

  /** UNAVAILABLE while this gateway goes down. */
  refuseWhileDraining(): void {
    if (this.isDraining) throw new UnavailableError("this server is going down", { retryAfterMs: 1000 });
  }

  /** Begins a session over a connection that was admitted. */
  open(transport: Transport, token: VerifiedToken): Session {
    const session = new Session(this.#deps.newId(), transport, token, this.#host);
    this.#metrics.sockets[transport.protocol]++;
    this.#makeRoom(session.viewer.userId);
    session.emit("ready", readyOf(session, this.#deps));
    this.join(session);
    this.#vigil.watch(session);
    void this.#catchUp.begin(session).then(() => this.#vigil.caughtUp(session));
    return session;
  }

  /** From now on frames for its user reach it. */
  join(recipient: Recipient): void {
    this.#recipients.add(recipient);
    this.#routes.bind(recipient.viewer);
  }

  /** A poll that waits. One more than a user may have: the one that waits longest is answered. */
  joinPoll(poll: Recipient): void {
    const polls = this.ofUser(poll.viewer.userId).filter((recipient) => !(recipient instanceof Session));
    const [longest] = polls;
    if (longest && polls.length >= this.#deps.config.socketsPerUser) {
      this.leave(longest);
      longest.end("replaced");
    }
    this.join(poll);
    void this.#delivery.bound(poll.viewer.userId);
  }

  /** May be said twice. */
  leave(recipient: Recipient): void {
    if (this.#recipients.remove(recipient)) this.#routes.unbind(recipient.viewer);
  }

  ofUser(userId: string): readonly Recipient[] {
    return this.#recipients.ofUser(userId);
  }

  deliver(frames: DeliverFrame[]): void {
    this.#delivery.deliver(frames);
  }

  missed({ heads }: Params<"gateway.missed">): void {
    this.#delivery.missed(heads);
  }

  routes(asked: Params<"gateway.routes"> = {}): RoutePage {
    return this.#routePages.page(asked);
  }

  /** Some users may have missed something; see `gateway.lookAgain`. */
  lookAgain(asked: Params<"gateway.lookAgain">): void {
    this.#secondLook.lookAgain(asked);
  }

  /** This node has lost its connection to the others. */
  cutOff(): void {
    this.#secondLook.cutOff();
  }

  /** It has it back. */
  reconnected(): void {
    this.#secondLook.reconnected();
    this.#watches.reconnected();
  }

  /** Some node offers other services than before. */
  servicesChanged(): void {
    // Perhaps a router has come that knows of no routes yet.
    this.tellDigest();
    this.#watches.moved();
  }

  /** Lets routers find out whether they missed something. */
  tellDigest(): void {
    this.#routes.tellDigest();
  }

  /** Ends what a user, or one device of a user, has here. Answers how many those were. */
  kick(userId: string, deviceId?: string): number {
    const those = this.ofUser(userId).filter(({ viewer }) => deviceId === undefined || viewer.deviceId === deviceId);
    for (const recipient of those) recipient.end("unauthenticated");
    return those.length;
  }

  /** Ends what a device has here. It may be told late and twice: who signed in after that stays. */
  revoke({ userId, deviceId, revokedAt }: Events["auth.deviceRevoked"]): void {
    const lifeMs = this.#deps.config.accessTokenSeconds * 1000;
    for (const recipient of this.ofUser(userId).filter(({ viewer }) => viewer.deviceId === deviceId)) {
      if (recipient instanceof Session) {
        if (recipient.expiresAt - lifeMs > revokedAt) continue;
        recipient.emit("session", { op: "revoked" });
      }
      recipient.end("revoked");
    }
  }

  /** Sends everyone away, spread over time; what was asked before is answered before. Who says it again waits for the same. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #drain(): Promise<void> {
    const all = this.#recipients.all();
    const sessions = all.filter((recipient) => recipient instanceof Session);
    for (const [i, session] of sessions.entries()) {
      session.emit("session", { op: "draining", reconnectAfterMs: reconnectAfter(i, sessions.length) });
    }
    await this.#running.finish(this.#deps.clock, FINISH_MS);
    for (const recipient of all) recipient.end("draining");
    this.#routes.flush();
    this.#watches.close();
    for (const timer of this.#timers) timer.cancel();
  }

  #turn(): void {
    this.#vigil.turn();
    this.#typing.turn();
  }

  #asHost(): SessionHost {
    const { config, logger } = this.#deps;
    const log = logger("gateway.sessions");
    return {
      bufferBytes: config.bufferBytes,
      run: (session, event, data) => this.#run(session, event, data),
      ran: () => this.#running.ended(),
      explain: (thrown) => explained(thrown, config.nodeEnv !== "production", (cause) => log.error(cause)),
      now: () => this.#vigil.now,
      nextHeard: () => ++this.#heard,
      sent: (session) => void this.#metrics.framesOut[session.transport.protocol]++,
      left: (session, reason) => this.#left(session, reason),
    };
  }

  #run(session: Session, event: unknown, data: unknown): Promise<unknown> {
    this.#running.began();
    return this.#commands.run(session, event, data);
  }

  #left(session: Session, reason?: CloseReason): void {
    this.#metrics.sockets[session.transport.protocol]--;
    if (reason === "overloaded") this.#metrics.slowClosed++;
    this.leave(session);
    this.#watches.closed(session);
    this.#deps.caller.broadcast("session.closed", session.viewer);
  }

  /** One more than a user may have: the one silent longest goes. */
  #makeRoom(userId: string): void {
    const sessions = this.ofUser(userId).filter((recipient) => recipient instanceof Session);
    if (sessions.length < this.#deps.config.socketsPerUser) return;
    sessions.reduce((a, b) => (b.heardNumber < a.heardNumber ? b : a)).end("replaced");
  }
}

function explained(thrown: unknown, revealCause: boolean, log: (cause: unknown) => void): ChatError {
  const error = toChatError(thrown, revealCause);
  if (error.code === "INTERNAL") log(thrown);
  return error;
}
