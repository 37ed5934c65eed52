import { parentPort, workerData } from "node:worker_threads";
import type { Order } from "./commands.ts";
import { openWriter } from "./connection.ts";
import { Writer } from "./writer.ts";

const writer = new Writer(openWriter((workerData as { file: string }).file));

parentPort?.on("message", (order: Order) => {
  if (order !== "close") return parentPort?.postMessage(writer.run(order));
  writer.close();
  parentPort?.close();
});
