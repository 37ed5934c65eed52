import type { ServerResponse } from "node:http";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { AssetsConfig } from "moleculer-web";

const built = fileURLToPath(new URL("../../../web/dist", import.meta.url));

/** Named by a hash of what is in them. */
const hashed = `${sep}assets${sep}`;

/** The web page's files, as `npm install` builds them. Browsers keep those whose names tell their content, and ask each time whether the others changed. */
export const pageFolder: AssetsConfig = {
  folder: built,
  options: {
    redirect: false,
    cacheControl: false,
    setHeaders: (res: ServerResponse, path: string) =>
      void res.setHeader("Cache-Control", path.includes(hashed) ? "public, max-age=31536000, immutable" : "no-cache"),
  },
};
