import type { DeliverFrame } from "../../../contracts/services/routing.ts";
import type { EncodedFrame } from "./encoded-frame.ts";
import type { Recipient } from "./recipient.ts";

/** Who is on this gateway, by user. */
export class Recipients {
  readonly #byUser = new Map<string, Recipient[]>();

  add(recipient: Recipient): void {
    const { userId } = recipient.viewer;
    const others = this.#byUser.get(userId);
    if (others) others.push(recipient);
    else this.#byUser.set(userId, [recipient]);
  }

  /** Whether it was here. */
  remove(recipient: Recipient): boolean {
    const { userId } = recipient.viewer;
    const before = this.ofUser(userId);
    const left = before.filter((other) => other !== recipient);
    if (left.length) this.#byUser.set(userId, left);
    else this.#byUser.delete(userId);
    return left.length < before.length;
  }

  /** In the order they came. */
  ofUser(userId: string): readonly Recipient[] {
    return this.#byUser.get(userId) ?? [];
  }

  users(): string[] {
    return [...this.#byUser.keys()];
  }

  all(): Recipient[] {
    return [...this.#byUser.values()].flat();
  }

  /** To everyone the frame is for, and nobody else. */
  forward(frame: EncodedFrame, address: Omit<DeliverFrame, "event" | "json" | "at">): void {
    for (const userId of address.to) {
      for (const recipient of this.ofUser(userId)) {
        const { id, viewer } = recipient;
        if (address.onlySession !== undefined && id !== address.onlySession) continue;
        if (id === address.exceptSession || viewer.deviceId === address.exceptDevice) recipient.pass(frame);
        else recipient.deliver(frame);
      }
    }
  }
}
