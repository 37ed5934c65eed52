import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { EngineProcess } from "../engine-process.ts";
import { describeInBrowser, useBrowser } from "./browser.ts";
import { Person } from "./person.ts";

describeInBrowser("two people who lose the connection", () => {
  let engine: EngineProcess;
  beforeAll(async () => {
    engine = await EngineProcess.start();
  }, 60_000);
  afterAll(() => engine.remove());
  const openContext = useBrowser();

  async function chatting(): Promise<[Person, Person]> {
    const [ada, bob] = await Promise.all([
      Person.signUp(openContext, engine.url, "Ada Okafor"),
      Person.signUp(openContext, engine.url, "Bob Lindqvist"),
    ]);
    await ada.find(bob);
    await ada.say("1");
    await bob.open(ada.name);
    await ada.sees("1", "read");
    return [ada, bob];
  }

  /** Whatever was kept has gone out; how far it got is another's affair. */
  const nothingWaits = ({ page }: Person) => page.locator(".tick.sending").first().waitFor({ state: "detached" });

  test("come back and miss nothing, when it was theirs", async () => {
    const [ada, bob] = await chatting();
    await bob.page.context().setOffline(true);
    await bob.page.locator(".banner").waitFor();
    await ada.say("2", "3");
    await ada.sees("3", "sent");
    await bob.say("4", "5");
    await bob.sees("5", "sending");
    expect(await bob.said()).toEqual(["1", "4", "5"]);
    await bob.page.context().setOffline(false);
    await bob.sees("5", "read");
    await ada.hasSaid("1", "2", "3", "4", "5");
    await bob.hasSaid("1", "2", "3", "4", "5");
    expect(await bob.page.locator(".banner").count()).toBe(0);
  });

  test("come back and miss nothing, when the server was killed, and one of them reloads meanwhile", async () => {
    const [ada, bob] = await chatting();
    await engine.kill();
    await ada.page.locator(".banner", { hasText: /No connection|Connecting/ }).waitFor();
    await ada.say("2", "3");
    await bob.say("4");
    await ada.sees("3", "sending");
    await engine.start();
    await ada.page.reload();
    await nothingWaits(ada);
    await bob.page
      .getByRole("button", { name: "Try now" })
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await nothingWaits(bob);
    await ada.page.locator(".message").nth(3).waitFor();
    await bob.page.locator(".message").nth(3).waitFor();
    expect((await ada.said()).toSorted()).toEqual(["1", "2", "3", "4"]);
    expect(await bob.said()).toEqual(await ada.said());
  });
});
