import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Locator } from "playwright-core";
import { startEngine, type TestEngine } from "../engine.ts";
import { describeInBrowser, useBrowser } from "./browser.ts";
import { eventually, Person } from "./person.ts";
import { Guest } from "./scene.ts";

describeInBrowser("two people in two browsers", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startEngine({ PRESENCE_GRACE_MS: "200" });
  }, 60_000);
  afterAll(() => engine.stop());
  const openContext = useBrowser();

  const people = () =>
    Promise.all([Person.signUp(openContext, engine.url, "Ada Okafor"), Person.signUp(openContext, engine.url, "Bob Lindqvist")]);

  test("find each other and chat, and see what is sent, delivered and read", async () => {
    const [ada, bob] = await people();
    await ada.find(bob);
    await ada.say("Good morning!");
    await ada.sees("Good morning!", "delivered");
    await bob.conversation(ada.name).locator(".badge").waitFor();
    expect(await bob.conversation(ada.name).locator(".badge").textContent()).toContain("1");
    expect(await bob.page.title()).toBe("(1) Switchboard");
    await bob.open(ada.name);
    await ada.sees("Good morning!", "read");
    expect(await bob.conversation(ada.name).locator(".badge").count()).toBe(0);
    await bob.text.pressSequentially("H");
    await ada.page.locator(".titles", { hasText: "typing…" }).waitFor();
    await bob.say("Hello <b>Ada</b>, see https://example.org/a?b=c.");
    await ada.sees("Hello <b>Ada</b>");
    expect(await ada.message("Hello").locator("a").getAttribute("href")).toBe("https://example.org/a?b=c");
    await ada.page.locator(".titles", { hasText: "online" }).waitFor();
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  test("answer, change, take back and react to what was said", async () => {
    const [ada, bob] = await people();
    await ada.find(bob);
    await ada.say("one", "two", "three");
    await ada.sees("three", "sent");
    await bob.open(ada.name);
    await bob.choose("one", "Reply");
    await bob.say("to the first");
    await ada.message("to the first").locator(".quote", { hasText: "one" }).waitFor();
    await bob.choose("two", "React with ❤️");
    await ada.message("two").locator(".reactions button", { hasText: "❤️" }).click();
    await bob.message("two").locator(".reactions button", { hasText: "2" }).waitFor();
    await ada.choose("two", "Edit");
    await ada.say("two, better");
    await bob.message("two, better").locator(".note", { hasText: "edited" }).waitFor();
    await ada.choose("one", "Delete");
    await ada.page.getByRole("button", { name: "Delete for everyone" }).click();
    await bob.hasSaid("This message was deleted", "two, better", "three", "to the first");
    await bob.choose("three", "Delete");
    expect(await bob.page.getByRole("button", { name: "Delete for everyone" }).count()).toBe(0);
    await bob.page.getByRole("button", { name: "Delete for me" }).click();
    await bob.hasSaid("This message was deleted", "two, better", "to the first");
    await bob.page.reload();
    await bob.hasSaid("This message was deleted", "two, better", "to the first");
    await ada.hasSaid("This message was deleted", "two, better", "three", "to the first");
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  test("need no mouse", async () => {
    const [ada, bob] = await people();
    const { keyboard } = ada.page;
    await ada.find(bob);
    await keyboard.type("first");
    await keyboard.press("Enter");
    await keyboard.type("secnd");
    await keyboard.press("Enter");
    await ada.sees("secnd", "sent");
    await keyboard.press("ArrowUp");
    expect(await ada.text.inputValue()).toBe("secnd");
    await keyboard.press("Escape");
    await keyboard.press("Shift+Tab");
    await keyboard.press("ArrowUp");
    await keyboard.press("Enter");
    await ada.page.locator(".menu").waitFor();
    for (const _ of [1, 2, 3, 4, 5, 6]) await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await ada.page.locator(".writing", { hasText: "first" }).waitFor();
    await keyboard.type("to the first");
    await keyboard.press("Enter");
    await ada.message("to the first").locator(".quote", { hasText: "first" }).waitFor();
  });

  test("read back as far as there is something, and begin where they left off", async () => {
    const bob = await Guest.signUp(engine.url, "Bob Lindqvist");
    const ada = await Person.signUp(openContext, engine.url, "Ada Okafor");
    const { items } = await bob.client.call("GET /users", { query: { q: ada.username } });
    const to = { to: items[0]?.id ?? "" };
    const { conversationId } = await bob.say("message 1", to);
    for (let i = 2; i <= 120; i++) bob.client.send({ conversationId, content: `message ${i}` });
    await ada.conversation(bob.account.name).locator(".badge", { hasText: "120 unread" }).waitFor();
    await ada.open(bob.account.name);
    await ada.page.locator(".unread-line").waitFor();
    await eventually(() => isInView(ada.page.locator(".unread-line")), true);
    expect(await ada.said()).toHaveLength(120);
    await ada.page.getByRole("button", { name: "To the newest message" }).click();
    await eventually(() => isInView(ada.message("message 120")), true);
    await eventually(() => ada.conversation(bob.account.name).locator(".badge").count(), 0);
    await ada.page.reload();
    await eventually(() => isInView(ada.message("message 120")), true);
    expect((await ada.said())[0]).not.toBe("message 1");
    const view = ada.page.locator(".scroll");
    await eventually(async () => {
      await view.evaluate((element) => element.scrollBy(0, -400));
      return (await ada.said())[0];
    }, "message 1");
    bob.client.close();
  });
});

const isInView = (item: Locator): Promise<boolean> =>
  item.first().evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
