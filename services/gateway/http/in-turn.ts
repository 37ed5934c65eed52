import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that may wait for the answers before theirs. Common clients send one at a time. */
const MOST_WAITING = 64;

type Exchange = [req: IncomingMessage, res: ServerResponse];

/**
 * Handles the requests of one connection one after another: who asks for much and takes none of it is given no more
 * than one answer. A connection that asks too far ahead is closed.
 */
export function inTurn(handle: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, Exchange[]>();

  function begin(socket: Socket, [req, res]: Exchange): void {
    res.once("close", () => next(socket));
    handle(req, res);
  }

  function next(socket: Socket): void {
    const exchange = waiting.get(socket)?.shift();
    if (exchange && !socket.destroyed) begin(socket, exchange);
    else waiting.delete(socket);
  }

  return (req, res) => {
    const { socket } = req;
    if (socket.destroyed) return;
    const ahead = waiting.get(socket);
    if (!ahead) {
      waiting.set(socket, []);
      begin(socket, [req, res]);
    } else if (ahead.length < MOST_WAITING) ahead.push([req, res]);
    else socket.destroy();
  };
}
