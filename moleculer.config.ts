import { readConfig, refuseToStart } from "./config.ts";
import { endingInOrder } from "./node/end-of-process.ts";
import { engineOptions } from "./node/engine.ts";
import { startObstacles } from "./node/start-checks.ts";

const config = readConfig();
const obstacles = await startObstacles(config);
if (obstacles.length) refuseToStart(obstacles);

export default endingInOrder(engineOptions(config), process);
