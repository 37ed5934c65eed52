import type { Config } from "../../../config.ts";
import { asyncApi } from "../../../contracts/documents/asyncapi.ts";
import { openApi } from "../../../contracts/documents/openapi.ts";
import { CachedText } from "./cached-text.ts";
import type { EdgeHandler } from "./request.ts";

/** The contract for machines, written once, when it is first asked for. */
export function documents({ version, publicUrl }: Pick<Config, "version" | "publicUrl">): Record<string, EdgeHandler> {
  const about = { version, url: publicUrl };
  return {
    "/api/openapi.json": served(() => openApi(about)),
    "/api/asyncapi.json": served(() => asyncApi(about)),
  };
}

function served(write: () => unknown): EdgeHandler {
  let text: CachedText | undefined;
  return (req, res) => (text ??= new CachedText(JSON.stringify(write()), "application/json; charset=utf-8")).send(req, res);
}
