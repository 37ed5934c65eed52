import type { ServiceSchema } from "moleculer";
import { UnavailableError } from "../../contracts/errors.ts";
import { type ActionsOf, serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { storeMetrics } from "./metrics.ts";
import { type ConversationReading, conversationReading } from "./reading/index.ts";
import { ConversationWriting } from "./writing.ts";

interface Parts {
  writing: ConversationWriting;
  reading: ConversationReading;
}

/** Everything about conversations: what is appended goes through actors, what is only read does not. */
export function conversationsService(deps: Deps): ServiceSchema {
  let parts: Parts | undefined;
  return serviceSchema<"conversations">({
    name: "conversations",
    actions: conversationActions(() => {
      if (!parts) throw new UnavailableError("conversations are not open yet");
      return parts;
    }),
    async started() {
      const store = await deps.stores.messages();
      storeMetrics(deps.metrics, store);
      const reading = conversationReading(deps, store);
      parts = { reading, writing: new ConversationWriting(deps, store, reading.viewOf) };
      reading.start();
    },
    async stopped() {
      parts?.reading.stop();
      await parts?.writing.stop();
    },
  });
}

function conversationActions(open: () => Parts): ActionsOf<"conversations"> {
  const read = () => open().reading.actions;
  const write = () => open().writing;
  return {
    append: (asked) => write().append(asked),
    change: (asked) => write().change(asked),
    hide: (asked) => write().hide(asked),
    openDirect: (asked) => write().openDirect(asked),
    createGroup: (asked) => write().createGroup(asked),
    membership: (asked) => write().membership(asked),
    update: (asked) => write().update(asked),
    group: (asked) => write().group(asked),
    members: (asked) => write().members(asked),
    present: (asked) => write().present(asked),
    cursor: (asked) => write().cursor(asked),
    typing: (asked) => write().typing(asked),
    receipts: (asked) => write().receipts(asked),
    drain: () => write().stop(),
    locate: (asked) => read().locate(asked),
    list: (asked) => read().list(asked),
    get: (asked) => read().get(asked),
    patch: (asked) => read().patch(asked),
    history: (asked) => read().history(asked),
    entries: (asked) => read().entries(asked),
    sync: (asked) => read().sync(asked),
    backlog: (asked) => read().backlog(asked),
    changes: (asked) => read().changes(asked),
    heads: (asked) => read().heads(asked),
    enrolDevice: (asked) => read().enrolDevice(asked),
    forgetDevice: (asked) => read().forgetDevice(asked),
    noteProfile: (asked) => read().noteProfile(asked),
    fill: (asked) => read().fill(asked),
  };
}
