import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { startEngine, type TestEngine } from "../engine.ts";
import { describeInBrowser, useBrowser } from "./browser.ts";
import { Person } from "./person.ts";
import { makeScene } from "./scene.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where screenshots go, if any are wanted: `SCREENSHOTS=docs/images npm test -- test/browser/looks`. */
const folder = process.env.SCREENSHOTS;
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const wide = { viewport: { width: 1100, height: 680 } };

/** What axe finds that would keep somebody out. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** `name` is that of its screenshot, if it is one that people are shown. */
async function look(page: Page, name?: string): Promise<void> {
  if (folder && name) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  expect(await barriers(page)).toEqual([]);
}

describeInBrowser("nothing keeps anybody out", () => {
  let engine: TestEngine;
  let scene: Awaited<ReturnType<typeof makeScene>>;
  beforeAll(async () => {
    engine = await startEngine({ PRESENCE_GRACE_MS: "200" });
    scene = await makeScene(engine.url);
  }, 60_000);
  afterAll(() => {
    for (const { client } of scene.guests) client.close();
    return engine.stop();
  });
  const openContext = useBrowser();

  test.each([
    ["chat", wide],
    ["chat-dark", { ...wide, colorScheme: "dark" as const }],
    ["chat-phone", phone],
    ["chat-zh-hant", { ...wide, locale: "zh-TW" }],
  ])("%s", async (name, options) => {
    const ada = await Person.signIn(openContext, engine.url, scene.ada, options);
    const { page } = ada;
    await ada.conversation("Bob").waitFor();
    if (name === "chat-phone") await look(page, "list-phone");
    await ada.open("Bob");
    await page.locator(".reactions").waitFor();
    await page.locator(".titles", { hasText: /online|上線中/ }).waitFor();
    await look(page, name);
    await page.locator(".message [aria-haspopup]").nth(2).click({ force: true });
    await page.locator(".menu").waitFor();
    await look(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(ada.complaints).toEqual([]);
  });

  test("a group, its details, making one, the settings", async () => {
    const ada = await Person.signIn(openContext, engine.url, scene.ada, wide);
    const { page } = ada;
    await ada.open(scene.group);
    await page.locator(".unread-line").waitFor();
    await look(page, "group");
    for (const button of ["Group details", "New group", "Settings"]) {
      await page.getByRole("button", { name: button }).click();
      await page.locator("dialog[open]").waitFor();
      if (button === "Group details") await page.locator("dialog .role").waitFor();
      await look(page, button === "Group details" ? "group-details" : undefined);
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
      expect(await page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe(button);
    }
    expect(ada.complaints).toEqual([]);
  });

  test("without a connection", async () => {
    const ada = await Person.signIn(openContext, engine.url, scene.ada, wide);
    const { page } = ada;
    await ada.open("Bob");
    await page.locator(".reactions").waitFor();
    await page.context().setOffline(true);
    await page.locator(".banner").waitFor();
    await ada.say("I am in a tunnel. It waits here until I am out.");
    await ada.sees("I am in a tunnel", "sending");
    await look(page, "offline");
  });

  test("signing in, in the reader's language, which can be changed", async () => {
    const page = await (await openContext({ ...wide, locale: "zh-TW" })).newPage();
    await page.goto(engine.url);
    const button = page.locator("button[type=submit]");
    expect(await button.textContent()).toBe("登入");
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hant");
    await look(page);
    await page.locator("select").selectOption("en");
    expect(await button.textContent()).toBe("Sign in");
    await page.reload();
    expect(await button.textContent()).toBe("Sign in");
    await look(page, "sign-in");
    await page.locator("input[name=username]").fill("nobody");
    await page.locator("input[name=password]").fill("a wrong password");
    await button.click();
    await page.getByText("Wrong username or password.").waitFor();
    await look(page);
  });
});
