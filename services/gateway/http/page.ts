import { existsSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { AssetsConfig } from "moleculer-web";

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const built = root("web/dist");

/** The SDK, which browsers get as modules. */
export const clientFolder = root("client");

/** The web page's files: built ones if there are any. Browsers ask each time whether they changed. */
export const pageFolder: AssetsConfig = {
  folder: existsSync(built) ? built : root("web/public"),
  options: {
    redirect: false,
    cacheControl: false,
    setHeaders: (res: ServerResponse) => void res.setHeader("Cache-Control", "no-cache"),
  },
};
