import { readConfig, refuseToStart } from "./config.ts";
import { endingInOrder } from "./node/end-of-process.ts";
import { engineOptions } from "./node/engine.ts";
import { collectWithoutHelpers } from "./node/garbage-collection.ts";
import { startObstacles } from "./node/start-checks.ts";

// What this process writes is its owner's alone: messages, accounts, the secret that signs tokens.
process.umask(0o077);

collectWithoutHelpers();

const config = readConfig();
const obstacles = await startObstacles(config);
if (obstacles.length) refuseToStart(obstacles);

export default endingInOrder(engineOptions(config), process);
