import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { lockFolder } from "../stores/folder-lock.ts";

/** Why this node cannot start, a line each that names the setting; what may go wrong on any machine, on any day. */
export async function startObstacles(config: Config): Promise<string[]> {
  const listens = config.services.includes("gateway");
  const obstacles = [listens && (await portObstacle(config)), folderObstacle(config)];
  return obstacles.filter((line) => typeof line === "string");
}

/** Asked by taking it for a moment. Whoever takes it right after makes the start itself fail. */
function portObstacle({ port, host }: Config): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EADDRINUSE") resolve(`PORT: ${port} is already in use`);
      else resolve(`HOST, PORT: cannot listen on ${host}:${port} (${code})`);
    });
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function folderObstacle({ dataDir }: Config): string | undefined {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
  } catch (error) {
    return `DATA_DIR: ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    for (const store of ["accounts", "messages.sqlite"]) lockFolder(join(dataDir, store)).release();
  } catch {
    return `DATA_DIR: ${dataDir} is in use by another process`;
  }
}
