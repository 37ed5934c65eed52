import { readFileSync } from "node:fs";

const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  scripts: { start: string };
};
const [, , ...words] = scripts.start.split(" ");

/** With what `npm start` has node run `config`. */
export const startArguments = (config = "moleculer.config.ts"): string[] => [...words.slice(0, -1), config];
