import { describe } from "@jest/globals";
import { type NeedName, needs } from "./needs.ts";

/** Tests that run these servers; skipped, by name, on a machine that has not got one of them. */
export const describeWith = (...names: NeedName[]) => (names.every((name) => needs[name].isThere()) ? describe : describe.skip);
