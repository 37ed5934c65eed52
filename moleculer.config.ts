import { readConfig, refuseToStart } from "./config.ts";
import { endingInOrder } from "./services/end-of-process.ts";
import { engineOptions } from "./services/engine.ts";
import { startObstacles } from "./services/start-checks.ts";

const config = readConfig();
const obstacles = await startObstacles(config);
if (obstacles.length) refuseToStart(obstacles);

export default endingInOrder(engineOptions(config), process);
