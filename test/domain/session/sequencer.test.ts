import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Sequencer } from "../../../domain/session/sequencer.ts";

/** Forwards what may go, and answers fills at once from `log`, unless `lost`. */
class Gateway {
  readonly order = new Sequencer<number>();
  readonly out: number[] = [];
  readonly fills: { after: number; through: number }[] = [];

  offer(seq: number): void {
    const decided = this.order.offer("c", seq, seq);
    if (decided.verdict === "forward") this.out.push(seq);
    else if (decided.verdict === "release") this.out.push(...decided.frames);
    else if (decided.verdict === "fill") this.fills.push(decided);
  }

  fill(found: number[]): void {
    this.out.push(
      ...this.order.filled(
        "c",
        found.map((seq) => [seq, seq] as const),
      ),
    );
  }
}

describe("frames of one conversation", () => {
  test("go out as they come while they come in order", () => {
    const gateway = new Gateway();
    for (const seq of [7, 8, 9]) gateway.offer(seq);
    expect(gateway.out).toEqual([7, 8, 9]);
  });

  test("are dropped when they are late", () => {
    const gateway = new Gateway();
    for (const seq of [7, 8, 7, 8, 6, 9]) gateway.offer(seq);
    expect(gateway.out).toEqual([7, 8, 9]);
  });

  test("wait behind a jump, which is filled once", () => {
    const gateway = new Gateway();
    for (const seq of [1, 4, 5, 4]) gateway.offer(seq);
    expect(gateway.out).toEqual([1]);
    expect(gateway.fills).toMatchObject([{ after: 1, through: 3 }]);
    gateway.fill([2, 3]);
    gateway.offer(6);
    expect(gateway.out).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("that come late into the jump are not sent twice", () => {
    const gateway = new Gateway();
    for (const seq of [1, 4, 2, 3]) gateway.offer(seq);
    gateway.fill([2, 3]);
    expect(gateway.out).toEqual([1, 2, 3, 4]);
  });

  test("go out without what nobody could find", () => {
    const gateway = new Gateway();
    for (const seq of [1, 4]) gateway.offer(seq);
    gateway.fill([]);
    gateway.offer(5);
    expect(gateway.out).toEqual([1, 4, 5]);
  });

  test("are not filled over a long stretch, nor held beyond a bound", () => {
    const far = new Gateway();
    for (const seq of [1, 1000]) far.offer(seq);
    expect(far.out).toEqual([1, 1000]);
    const many = new Gateway();
    many.offer(1);
    for (let seq = 3; seq < 303; seq++) many.offer(seq);
    expect(many.out).toEqual([1, ...Array.from({ length: 300 }, (_, i) => i + 3)]);
    many.fill([2]);
    expect(many.out).toHaveLength(301);
  });

  test("start anew in a conversation that did not move for two turns", () => {
    const gateway = new Gateway();
    gateway.offer(1);
    gateway.order.turn();
    gateway.offer(1);
    gateway.order.turn();
    gateway.order.turn();
    gateway.offer(5);
    expect(gateway.out).toEqual([1, 5]);
    expect(gateway.fills).toEqual([]);
  });

  test("go out in ascending order, each at most once, whatever is lost, late or repeated", () => {
    const seqs = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 80 });
    fc.assert(
      fc.property(seqs, fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }), (offered, answersNow) => {
        const gateway = new Gateway();
        for (const [i, seq] of offered.entries()) {
          gateway.offer(seq);
          const gap = gateway.fills.at(-1);
          if (gap && answersNow[i]) gateway.fill(range(gap.after + 1, gap.through));
        }
        expect(gateway.out).toEqual([...new Set(gateway.out)].sort((a, b) => a - b));
      }),
    );
  });

  test("of several conversations do not wait for each other", () => {
    const order = new Sequencer<string>();
    order.offer("a", 1, "a1");
    expect(order.offer("a", 3, "a3").verdict).toBe("fill");
    expect(order.offer("b", 9, "b9").verdict).toBe("forward");
  });
});

const range = (from: number, through: number) => Array.from({ length: through - from + 1 }, (_, i) => from + i);
