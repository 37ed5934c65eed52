import { Transporters } from "moleculer";
import type { ConnectionOptions, NatsConnection, Status } from "nats";

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

/**
 * Moleculer's NATS transporter, that knows whether it is connected. Its own one says nothing when the connection
 * goes and comes back: what is sent meanwhile would be kept, and executed late, or lost without a word. This one
 * refuses to send while there is no connection, fails the calls under way at once, and on its return tells
 * everyone about this node again; `$transporter.disconnected` and `$transporter.connected` say so to the services.
 */
export class NatsTransporter extends Transporters.NATS {
  constructor(address: NatsAddress, name: string) {
    const forEver: ConnectionOptions = { maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, reconnectTimeWait: 250 };
    const watchful: ConnectionOptions = { pingInterval: PING_MS, maxPingOut: 2, timeout: DIAL_MS };
    super({ ...address, ...forEver, ...watchful, name });
  }

  override onConnected(wasReconnect?: boolean): Promise<void> {
    if (!wasReconnect) void this.#follow(this.client);
    return super.onConnected(wasReconnect);
  }

  /** Moleculer's sends first, and throws when the client refuses. */
  override async send(topic: string, data: Buffer): Promise<void> {
    await super.send(topic, data);
  }

  /** Whoever stops does not wait for a server that may never answer. */
  override async disconnect(): Promise<void> {
    const client: NatsConnection | null = this.client;
    if (!client) return;
    const limit = new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref());
    if (this.connected) await Promise.race([client.flush().catch(() => undefined), limit]);
    await Promise.race([client.close(), limit]);
    this.client = null;
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
