import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { freePort } from "../free-port.ts";
import { startArguments } from "../start-arguments.ts";
import { eventually } from "./eventually.ts";

test("a node that finds no NATS says so, goes on trying, and ends in order when it is told to", async () => {
  const [port, nobody] = [await freePort(), await freePort()];
  const node = spawn(process.execPath, startArguments(), {
    env: {
      PATH: process.env.PATH,
      HOST: "127.0.0.1",
      PORT: `${port}`,
      SERVICES: "router",
      NATS_URL: `nats://127.0.0.1:${nobody}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [node.stdout, node.stderr]) stream.on("data", (text) => (output += text));
  const ended = once(node, "close");
  await eventually(() => output.includes("CONNECTION_REFUSED"));
  expect(node.exitCode).toBeNull();
  node.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(output).toContain("Stopped");
  expect(output).not.toMatch(/drain/i);
});
