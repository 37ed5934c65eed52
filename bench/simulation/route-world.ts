import { randomUUID } from "node:crypto";
import type { Caller } from "../../contracts/caller.ts";
import type { Route, RouteSnapshot } from "../../contracts/services/routing.ts";
import { RoutePublisher } from "../../services/gateway/sessions/route-publisher.ts";
import { VirtualClock } from "./virtual-clock.ts";

const DIGEST_MS = 5000;

/** One change or digest as it goes over the network. */
export interface Packet {
  event: string;
  text: string;
}

interface Gateway {
  nodeID: string;
  publisher: RoutePublisher;
  sockets: Route[];
}

/** Gateways with the engine's own publishing of routes, and users who come and go, on a clock of their own. */
export class RouteWorld {
  readonly clock = new VirtualClock();
  readonly gateways: Gateway[];
  readonly #onPacket: (packet: Packet) => void;

  constructor(gateways: number, onPacket: (packet: Packet) => void) {
    this.#onPacket = onPacket;
    this.gateways = Array.from({ length: gateways }, (_, i) => this.#gateway(`gateway-${i}~${randomUUID().slice(0, 8)}`));
  }

  /** `count` users, each with one device, evenly over the gateways. */
  populate(count: number): void {
    for (let i = 0; i < count; i++) this.connect(this.gateways[i % this.gateways.length] as Gateway);
    this.clock.turn(1000);
  }

  /** `seconds` of connects and disconnects, `rate` a second altogether. */
  churn(seconds: number, rate: number): void {
    for (let i = 0; i < seconds * rate; i++) {
      const gateway = this.gateways[Math.floor(Math.random() * this.gateways.length)] as Gateway;
      if (i % 2) this.connect(gateway);
      else this.disconnect(gateway);
      this.clock.turn(1000 / rate);
    }
  }

  connect({ publisher, sockets }: Gateway): void {
    const route = { userId: randomUUID(), deviceId: randomUUID() };
    sockets.push(route);
    publisher.bind(route);
  }

  disconnect({ publisher, sockets }: Gateway): void {
    const at = Math.floor(Math.random() * sockets.length);
    const route = sockets[at];
    const last = sockets.pop();
    if (!route || !last) return;
    if (last !== route) sockets[at] = last;
    publisher.unbind(route);
  }

  snapshot(nodeID: string): RouteSnapshot {
    const gateway = this.gateways.find((one) => one.nodeID === nodeID) as Gateway;
    return gateway.publisher.snapshot();
  }

  #gateway(nodeID: string): Gateway {
    const nobody = () => Promise.reject(new Error("there are only gateways here"));
    const caller: Caller = {
      call: nobody,
      offering: () => [],
      broadcast: (event, payload) => this.#onPacket({ event, text: JSON.stringify(payload) }),
      broadcastLocal: () => {},
    };
    const publisher = new RoutePublisher(nodeID, caller, this.clock);
    this.clock.every(DIGEST_MS, () => publisher.tellDigest());
    return { nodeID, publisher, sockets: [] };
  }
}
