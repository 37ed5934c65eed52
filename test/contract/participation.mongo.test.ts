import { describeWith } from "../servers/describe-with.ts";
import { participationContract } from "./participation.contract.ts";
import { temporaryMongoStores } from "./temporary-mongo-stores.ts";

describeWith("mongo")("with a MongoDB server", () => {
  participationContract("MongoDB", temporaryMongoStores());
});
