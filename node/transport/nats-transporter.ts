import { Transporters } from "moleculer";
import type { ConnectionOptions, NatsConnection, Status } from "nats";
import { UnavailableError } from "../../contracts/errors.ts";

/** A server that does not answer three pings in a row is taken for gone, before anybody's heartbeat is missed. */
const PING_MS = 1000;
const DIAL_MS = 2000;
const FAREWELL_MS = 1000;

export interface NatsAddress {
  servers: string[];
  user?: string;
  pass?: string;
  token?: string;
  tls?: { caFile?: string; certFile?: string; keyFile?: string };
}

/** A packet on its way to the client. */
interface Leaving {
  topic: string;
  data: Buffer;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Moleculer's NATS transporter, that knows whether it is connected. Its own one says nothing when the connection
 * goes and comes back: what is sent meanwhile would be kept, and executed late, or lost without a word. This one
 * refuses to send while there is no connection, fails the calls under way at once, and on its return tells
 * everyone about this node again; `$transporter.disconnected` and `$transporter.connected` say so to the services.
 */
export class NatsTransporter extends Transporters.NATS {
  #leaving: Leaving[] = [];

  constructor(address: NatsAddress, name: string) {
    const forEver: ConnectionOptions = { maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, reconnectTimeWait: 250 };
    const watchful: ConnectionOptions = { pingInterval: PING_MS, maxPingOut: 2, timeout: DIAL_MS };
    super({ ...address, ...forEver, ...watchful, name });
  }

  override onConnected(wasReconnect?: boolean): Promise<void> {
    if (!wasReconnect) void this.#follow(this.client);
    return super.onConnected(wasReconnect);
  }

  /** What comes up within one turn of the event loop leaves in one write, whomever it is for. */
  override send(topic: string, data: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#leaving.push({ topic, data, resolve, reject });
      if (this.#leaving.length === 1) setImmediate(() => this.#leave());
    });
  }

  /** Whoever stops does not wait for a server that may never answer. */
  override async disconnect(): Promise<void> {
    const client: NatsConnection | null = this.client;
    if (!client) return;
    const limit = new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref());
    this.#leave();
    if (this.connected) await Promise.race([client.flush().catch(() => undefined), limit]);
    await Promise.race([client.close(), limit]);
    this.client = null;
  }

  #leave(): void {
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const { topic, data, resolve, reject } of leaving) this.#publish(topic, data).then(resolve, reject);
  }

  /** The connection may have gone since this was to be sent; the client would keep it, and send it late. */
  async #publish(topic: string, data: Buffer): Promise<void> {
    if (!this.connected) throw new UnavailableError("the connection to the other nodes is lost");
    await super.send(topic, data);
  }

  async #follow(client: NatsConnection): Promise<void> {
    for await (const { type, data } of client.status() as AsyncIterable<Status>) {
      if (type === "disconnect") this.#onLost(`${data}`);
      if (type === "reconnect") await this.#onBack(`${data}`);
    }
  }

  #onLost(server: string): void {
    this.connected = false;
    this.logger.warn(`The connection to NATS at ${server} is lost; calls of other nodes fail until it is back.`);
    const { transit } = this;
    this.broker.broadcastLocal("$transporter.disconnected", { graceFul: false });
    for (const nodeID of new Set([...transit.pendingRequests.values()].map((request) => request.nodeID))) {
      transit.removePendingRequestByNodeID(nodeID);
    }
  }

  async #onBack(server: string): Promise<void> {
    this.logger.warn(`Connected to NATS at ${server} again.`);
    await this.onConnected(true);
  }
}
