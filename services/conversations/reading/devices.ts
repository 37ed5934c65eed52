import { endSeq } from "../../../domain/conversation/visibility.ts";
import type { Membership } from "../../../stores/message-log.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import { sightOf } from "./members.ts";

/** In a device's record, the "conversation" whose cursor is the number of the last user change it has. */
const CHANGES = "";

/** How far one device has stored what it got. */
export interface DeviceRecord {
  positions: ReadonlyMap<string, number>;
  changes: number;
}

/** The durable records of devices: what each has, in every conversation and of the user's changes. */
export class Devices {
  readonly #store: MessageStore;

  constructor(store: MessageStore) {
    this.#store = store;
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

  forget(deviceId: string): Promise<void> {
    return this.#store.participation.forgetDevice(deviceId);
  }
}

/** Where each conversation ends for the user. */
export function endsOf(memberships: Membership[]): Map<string, number> {
  return new Map(memberships.map((membership) => [membership.member.conversationId, endSeq(sightOf(membership))]));
}
