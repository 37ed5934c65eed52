import type { Answer, LinkEvents, Transport } from "./transport.ts";

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocket;

/** The plain WebSocket of the protocol, at `/ws`. The token goes as a subprotocol, so that no log has it in an address. */
export function webSocketTransport(Socket: WebSocketConstructor = WebSocket): Transport {
  return {
    open(url, token, events) {
      const socket = new Socket(`${url.replace(/^http/, "ws")}/ws`, ["chat.v1", token]);
      let open = true;
      const end = (code: number, reason: string) => {
        if (open) events.closed(code, reason);
        open = false;
      };
      socket.onmessage = ({ data }) => open && receive(String(data), events);
      socket.onclose = ({ code, reason }) => end(code, reason);
      return {
        request: (id, event, data) => socket.send(JSON.stringify({ id, event, data })),
        close() {
          open = false;
          socket.close();
        },
      };
    },
  };
}

function receive(text: string, events: LinkEvents): void {
  const frame = parse(text);
  if (typeof frame?.event === "string") events.event(frame.event, frame.data);
  else if (typeof frame?.id === "string") events.answer(frame.id, frame as unknown as Answer);
}

/** A frame that is no JSON object is nothing a newer server would send either. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null ? (frame as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
