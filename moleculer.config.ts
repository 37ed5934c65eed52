import { readConfig } from "./config.ts";
import { engineOptions } from "./services/engine.ts";

export default engineOptions(readConfig());
