import { describeWith } from "../servers/describe-with.ts";
import { messageLogContract } from "./message-log.contract.ts";
import { temporaryMongoStores } from "./temporary-mongo-stores.ts";

describeWith("mongo")("with a MongoDB server", () => {
  const open = temporaryMongoStores();

  messageLogContract("MongoDB", async () => (await open()).log);
});
