import { readConfig } from "../../config.ts";
import { systemClock } from "../../contracts/clock.ts";
import { endingInOrder } from "../../node/end-of-process.ts";
import { engineOptions } from "../../node/engine.ts";

/** A node as moleculer.config.ts makes it, whose clock is off by CLOCK_OFFSET_MS, and which may keep embedded stores. */
const offset = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const clock = { ...systemClock, now: () => Date.now() + offset };

export default endingInOrder(engineOptions(readConfig(), { clock }), process);
