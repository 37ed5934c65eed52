import { expect, test } from "@jest/globals";
import { ACKNOWLEDGED_AT } from "../../contracts/services/routing.ts";
import { Acknowledgements } from "../../services/gateway/sessions/acknowledgements.ts";
import { ManualClock } from "../manual-clock.ts";

/** The answers that were given so far, to one call after the other. */
function gateway() {
  const clock = new ManualClock();
  const acknowledgements = new Acknowledgements(clock);
  const answers: number[] = [];
  const deliver = (frames: number) => void acknowledgements.of(frames).then(({ accepted }) => answers.push(accepted));
  const given = async () => {
    await Promise.resolve();
    return answers;
  };
  return { clock, acknowledgements, deliver, given };
}

test("calls that deliver a few frames are answered together, a moment later", async () => {
  const { clock, deliver, given } = gateway();
  deliver(1);
  clock.turn(20);
  deliver(2);
  expect(await given()).toEqual([]);
  clock.turn(5);
  expect(await given()).toEqual([1, 2]);
  deliver(3);
  clock.turn(20);
  expect(await given()).toEqual([1, 2]);
  clock.turn(5);
  expect(await given()).toEqual([1, 2, 3]);
});

test("all are answered at once when many frames are unanswered, or the gateway goes", async () => {
  const { acknowledgements, deliver, given } = gateway();
  deliver(ACKNOWLEDGED_AT - 1);
  expect(await given()).toEqual([]);
  deliver(1);
  expect(await given()).toEqual([ACKNOWLEDGED_AT - 1, 1]);
  deliver(2);
  acknowledgements.flush();
  expect(await given()).toEqual([ACKNOWLEDGED_AT - 1, 1, 2]);
});
