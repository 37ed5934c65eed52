import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium as playwright } from "playwright-core";
import { chromium } from "./chromium.ts";

const executablePath = chromium();

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

if (!executablePath) process.stderr.write("There is no Chromium here: the tests that look at the page are skipped.\n");

/** `describe` where there is a browser; elsewhere its tests count as skipped. */
export const describeInBrowser = executablePath ? describe : describe.skip;

/** Opens contexts for the tests of one block: each has a store of its own, as another person's browser would. */
export type OpenContext = (options?: BrowserContextOptions) => Promise<BrowserContext>;

/** One browser for the block it is called in. Its contexts are closed after each test. */
export function useBrowser(): OpenContext {
  let browser: Browser;
  const open: BrowserContext[] = [];
  beforeAll(async () => {
    browser = await playwright.launch({ executablePath, args });
  }, 60_000);
  afterEach(async () => {
    await Promise.all(open.splice(0).map((context) => context.close()));
  });
  afterAll(() => browser?.close());
  return async (options) => {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    context.setDefaultTimeout(30_000);
    open.push(context);
    return context;
  };
}
