import { prepare } from "./new-folder.ts";

await prepare();
