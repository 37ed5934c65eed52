import { connect } from "node:net";

const PATIENCE_MS = 1000;

/** Resolves if the server on this port answers `text`, or just greets, with something that begins with `expected`. */
export function says(port: number, expected: string, text = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("silent")));
    socket.on("error", reject);
    socket.once("data", (data) => {
      if (data.toString().startsWith(expected)) resolve();
      socket.destroy(new Error(`it said ${data}`));
    });
  });
}
