import { messageLogContract } from "./message-log.contract.ts";
import { temporaryStores } from "./temporary-stores.ts";

const open = temporaryStores();

messageLogContract("SQLite", async () => (await open()).log);
