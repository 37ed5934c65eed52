import type { Answer, Transport } from "./transport.ts";

/** What is used of a socket of `socket.io-client`. */
export interface SocketIoSocket {
  on(event: "disconnect", listener: (reason: string) => void): unknown;
  on(event: "connect_error", listener: (error: Error & { data?: { code?: string } }) => void): unknown;
  onAny(listener: (event: string, data: unknown) => void): unknown;
  emit(event: string, data: unknown, acknowledge: (answer: Answer) => void): unknown;
  disconnect(): unknown;
}

/** The `io` function of `socket.io-client`. */
export type SocketIo = (url: string, options: object) => SocketIoSocket;

/** The protocol over Socket.IO. Its own reconnecting is off: the client's does it. */
export function socketIoTransport(io: SocketIo): Transport {
  return {
    open(url, token, events) {
      const socket = io(url, { auth: { token, v: 1 }, transports: ["websocket"], reconnection: false, forceNew: true });
      let open = true;
      const end = (code: number, reason: string) => {
        if (open) events.closed(code, reason);
        open = false;
      };
      socket.onAny((event, data) => open && events.event(event, data));
      socket.on("disconnect", (reason) => end(1006, reason));
      socket.on("connect_error", ({ data, message }) => end(refusals[data?.code ?? ""] ?? 1006, data?.code ?? message));
      return {
        request: (id, event, data) => void socket.emit(event, data, (answer) => open && events.answer(id, answer)),
        close() {
          open = false;
          socket.disconnect();
        },
      };
    },
  };
}

/** A refused handshake has an error's code where a WebSocket has a close code. */
const refusals: Record<string, number> = {
  UNAUTHENTICATED: 4401,
  TOKEN_EXPIRED: 4401,
  FORBIDDEN: 4403,
  OVERLOADED: 4503,
  UNAVAILABLE: 4503,
};
