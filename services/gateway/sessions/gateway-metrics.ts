import { Counter, Gauge, type Registry } from "prom-client";
import { type Protocol, protocols } from "./transport.ts";

const zeros = (): Record<Protocol, number> => ({ websocket: 0, "socket.io": 0, events: 0 });

/** Plain numbers, read when somebody asks for the metrics. */
export class GatewayMetrics {
  readonly sockets = zeros();
  readonly framesOut = zeros();
  slowClosed = 0;

  constructor(registry: Registry) {
    const { sockets, framesOut } = this;
    new Gauge({
      name: "switchboard_sockets",
      help: "Live sessions",
      labelNames: ["protocol"],
      registers: [registry],
      collect() {
        for (const protocol of protocols) this.set({ protocol }, sockets[protocol]);
      },
    });
    new Counter({
      name: "switchboard_frames_out_total",
      help: "Events sent to clients",
      labelNames: ["protocol"],
      registers: [registry],
      collect() {
        this.reset();
        for (const protocol of protocols) this.inc({ protocol }, framesOut[protocol]);
      },
    });
    const slowClosed = () => this.slowClosed;
    new Counter({
      name: "switchboard_slow_consumers_closed_total",
      help: "Sessions closed because their unsent data passed the bound",
      registers: [registry],
      collect() {
        this.reset();
        this.inc(slowClosed());
      },
    });
  }
}
