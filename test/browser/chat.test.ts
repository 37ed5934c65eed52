import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";
import { describeInBrowser, useBrowser } from "./browser.ts";
import { Person } from "./person.ts";

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
});
