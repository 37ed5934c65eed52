import { participationContract } from "./participation.contract.ts";
import { temporaryStores } from "./temporary-stores.ts";

participationContract("SQLite", temporaryStores());
