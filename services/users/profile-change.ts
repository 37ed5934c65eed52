import type { Caller } from "../../contracts/caller.ts";
import type { Me } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";

/** Shows the user's other devices the changed profile: at once, or when they sync. */
export async function tellOtherDevices(caller: Caller, { userId, deviceId, sessionId }: Viewer, me: Me): Promise<void> {
  await caller.call("conversations.noteProfile", { userId });
  const signal = {
    type: "signal" as const,
    event: "change" as const,
    data: { op: "profile" as const, user: me },
    recipients: [userId],
    exceptDevice: deviceId,
    exceptSession: sessionId,
  };
  await caller.call("fanout.publish", { items: [signal] });
}
