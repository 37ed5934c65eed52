import type { Duplex } from "node:stream";

const TIME_TO_LEAVE_MS = 1000;

/** Says a last thing to a connection that HTTP has given up. It closes then, also if the client keeps its own side open. */
export function farewell(socket: Duplex, words: string): void {
  const end = setTimeout(() => socket.destroy(), TIME_TO_LEAVE_MS);
  socket.once("close", () => clearTimeout(end));
  socket.end(words);
}
