import type { Caller } from "../../contracts/caller.ts";
import type { Me } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";

/** Shows the user's other devices the changed profile; one that is away reads it when it comes back. */
export async function tellOtherDevices(caller: Caller, { userId, deviceId, sessionId }: Viewer, me: Me): Promise<void> {
  const change = {
    type: "signal" as const,
    event: "change" as const,
    data: { op: "profile" as const, user: me },
    recipients: [userId],
    exceptDevice: deviceId,
    exceptSession: sessionId,
  };
  await caller.call("fanout.publish", { items: [change] });
}
