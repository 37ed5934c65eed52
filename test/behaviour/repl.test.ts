import { expect, test } from "@jest/globals";
import { Console } from "../console.ts";

test("`npm start -- --repl` runs the engine with a console that asks this one node", async () => {
  const one = new Console("start", {});
  expect(await one.type("chat help who")).toMatch(/^chat who <user> {2}where .*$/);
  expect(await one.type("chat actors")).toMatch(/^node +active +turns waiting\n\S+ +0 +0$/);
  expect(await one.type("chat stats")).toMatch(/ yes +0 .*auth,users,.*,gateway$/m);
  expect(await one.type("chat who nobody")).toMatch(/^NOT_FOUND: there is no user nobody/);
  expect(await one.quit()).toBe(0);
}, 60_000);
