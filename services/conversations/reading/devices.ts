import type { Params } from "../../../contracts/caller.ts";
import { endSeq } from "../../../domain/conversation/visibility.ts";
import type { Membership } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { Deps } from "../../deps.ts";
import { sightOf } from "./members.ts";

/** In a device's record, the "conversation" whose cursor is the number of the last user change it has. */
const CHANGES = "";
/** A node that does not answer by then may leave a cursor behind: entries are kept for it as long as for any. */
const FORGET_MS = 2000;

/** How far one device has stored what it got. */
export interface DeviceRecord {
  positions: ReadonlyMap<string, number>;
  changes: number;
}

/** The durable records of devices: what each has, in every conversation and of the user's changes. */
export class Devices {
  readonly #store: MessageStore;
  readonly #node: Pick<Deps, "caller" | "nodeID">;

  constructor(store: MessageStore, node: Pick<Deps, "caller" | "nodeID">) {
    this.#store = store;
    this.#node = node;
  }

  async record(deviceId: string): Promise<DeviceRecord> {
    const positions = new Map(await this.#store.participation.deviceCursors(deviceId));
    const changes = positions.get(CHANGES) ?? 0;
    positions.delete(CHANGES);
    return { positions, changes };
  }

  advance(deviceId: string, { positions, changes }: DeviceRecord): void {
    const cursors = [...positions, [CHANGES, changes] as const];
    this.#store.participation.advanceDevices(cursors.map(([conversationId, seq]) => ({ deviceId, conversationId, seq })));
  }

  /** A device that has a record keeps it. */
  async enrol(userId: string, deviceId: string): Promise<void> {
    const { log, participation } = this.#store;
    if ((await participation.deviceCursors(deviceId)).size > 0) return;
    const [memberships, changes] = await Promise.all([log.memberships(userId), participation.lastChange(userId)]);
    this.advance(deviceId, { positions: endsOf(memberships), changes });
    await participation.flush();
  }

  /** Any node may have cursors of the device that it has not written yet. */
  async forget({ userId, deviceId, here }: Params<"conversations.forgetDevice">): Promise<void> {
    const { caller, nodeID } = this.#node;
    const forgotten = [this.#store.participation.forgetDevice(deviceId)];
    const others = here ? [] : caller.offering("conversations.forgetDevice").filter((node) => node !== nodeID);
    for (const other of others) {
      const asked = { userId, deviceId, here: true } as const;
      forgotten.push(caller.call("conversations.forgetDevice", asked, { nodeID: other, timeout: FORGET_MS }));
    }
    await Promise.all(forgotten);
  }
}

/** Where each conversation ends for the user. */
export function endsOf(memberships: Membership[]): Map<string, number> {
  return new Map(memberships.map((membership) => [membership.member.conversationId, endSeq(sightOf(membership))]));
}
