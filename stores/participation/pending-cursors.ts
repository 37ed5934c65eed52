import type { DeviceCursor, UserCursor } from "../participation.ts";

/** Cursors that moved and are not written yet, the furthest of each only. */
export class PendingCursors {
  readonly #users = new Map<string, UserCursor>();
  readonly #devices = new Map<string, DeviceCursor>();

  get size(): number {
    return this.#users.size + this.#devices.size;
  }

  get users(): UserCursor[] {
    return [...this.#users.values()];
  }

  get devices(): DeviceCursor[] {
    return [...this.#devices.values()];
  }

  advanceUser(cursor: UserCursor): void {
    const key = `${cursor.conversationId} ${cursor.userId}`;
    const known = this.#users.get(key);
    this.#users.set(key, known ? furthest(known, cursor) : cursor);
  }

  advanceDevice(cursor: DeviceCursor): void {
    const key = `${cursor.conversationId} ${cursor.deviceId}`;
    const known = this.#devices.get(key);
    if (!known || cursor.seq > known.seq) this.#devices.set(key, cursor);
  }

  forgetDevice(deviceId: string): void {
    for (const [key, cursor] of this.#devices) if (cursor.deviceId === deviceId) this.#devices.delete(key);
  }

  /** Takes in what `other` has. */
  merge(other: PendingCursors): void {
    for (const cursor of other.#users.values()) this.advanceUser(cursor);
    for (const cursor of other.#devices.values()) this.advanceDevice(cursor);
  }
}

function furthest(a: UserCursor, b: UserCursor): UserCursor {
  const { deliveredSeq, deliveredSteps } = b.deliveredSeq > a.deliveredSeq ? b : a;
  const { readSeq, readN, readSteps } = b.readSeq > a.readSeq ? b : a;
  return { ...a, deliveredSeq, deliveredSteps, readSeq, readN, readSteps };
}
