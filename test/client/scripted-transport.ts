import type { Answer, Link, LinkEvents, Transport } from "../../client/connection/transport.ts";

export interface Opened {
  token: string;
  events: LinkEvents;
  requests: { id: string; event: string; data: unknown }[];
  closed: boolean;
}

/** A transport whose other end is the test. */
export class ScriptedTransport implements Transport {
  readonly links: Opened[] = [];

  open(_url: string, token: string, events: LinkEvents): Link {
    const opened: Opened = { token, events, requests: [], closed: false };
    this.links.push(opened);
    return {
      request: (id, event, data) => void opened.requests.push({ id, event, data }),
      close: () => void (opened.closed = true),
    };
  }

  get last(): Opened {
    const link = this.links.at(-1);
    if (!link) throw new Error("nothing was opened");
    return link;
  }

  /** The server greets. */
  ready(heartbeatMs = 25_000): void {
    this.last.events.event("ready", { heartbeatMs });
  }

  answer(answer: Answer): void {
    const request = this.last.requests.at(-1);
    if (request) this.last.events.answer(request.id, answer);
  }
}
