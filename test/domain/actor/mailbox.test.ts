import { expect, test } from "@jest/globals";
import { Mailbox } from "../../../domain/actor/mailbox.ts";

const forever = () => new Promise<void>(() => {});

test("runs one turn at a time, in the order they came", async () => {
  const mailbox = new Mailbox(10);
  const steps: string[] = [];
  const turn = (name: string) => async () => {
    steps.push(`${name} begins`);
    await null;
    steps.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all(["a", "b"].map((name) => mailbox.run(turn(name))))).toEqual(["a", "b"]);
  expect(steps).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  expect(mailbox.empty).toBe(true);
});

test("a turn that fails fails its caller alone", async () => {
  const mailbox = new Mailbox(10);
  const failing = mailbox.run(() => {
    throw new Error("no");
  });
  const next = mailbox.run(() => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});

test("is full when its limit waits, and says so at once", async () => {
  const mailbox = new Mailbox(2);
  void mailbox.run(forever);
  void mailbox.run(forever);
  void mailbox.run(forever);
  await expect(mailbox.run(forever)).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(mailbox.waiting).toBe(2);
});

test("what waits can be refused, what runs ends as it will", async () => {
  const mailbox = new Mailbox(5);
  let finish: (value: string) => void = () => {};
  const running = mailbox.run(() => new Promise<string>((resolve) => (finish = resolve)));
  const waiting = mailbox.run(() => "never");
  mailbox.refuseWaiting(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
  finish("done");
  expect(await running).toBe("done");
});
