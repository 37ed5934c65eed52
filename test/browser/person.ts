import { expect } from "@jest/globals";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { goodPassword, newUsername } from "../protocol/people.ts";
import type { OpenContext } from "./browser.ts";

export interface Account {
  name: string;
  username: string;
  password: string;
}

type State = "sending" | "sent" | "delivered" | "read";

/** A message that was sent may have been read before one looks. */
const reached: Record<State, string> = {
  sending: ".tick.sending",
  sent: ".tick:is(.sent, .delivered, .read)",
  delivered: ".tick:is(.delivered, .read)",
  read: ".tick.read",
};

/** Somebody at a browser, who does what people do. */
export class Person {
  readonly page: Page;
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** What the browser complained of: errors of scripts, and what the content security policy refused. */
  readonly complaints: string[] = [];

  private constructor(page: Page, { name, username, password }: Account) {
    this.page = page;
    this.name = name;
    this.username = username;
    this.password = password;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const refused = message.type() === "error" && !message.text().startsWith("Failed to load resource");
      if (refused && !message.text().includes("WebSocket")) this.complaints.push(message.text());
    });
  }

  /** Signs in with the form, in a browser of its own. */
  static async signIn(openContext: OpenContext, url: string, known: Account, options?: BrowserContextOptions): Promise<Person> {
    const context = await openContext(options);
    const person = new Person(await context.newPage(), known);
    await person.page.goto(url);
    await person.#submit();
    return person;
  }

  /** Signs up with the form. */
  static async signUp(openContext: OpenContext, url: string, name: string, options?: BrowserContextOptions): Promise<Person> {
    const context = await openContext(options);
    const person = new Person(await context.newPage(), { name, username: newUsername(), password: goodPassword() });
    const { page } = person;
    await page.goto(url);
    await page.locator(".switch button").click();
    await page.locator("input[name=displayName]").fill(name);
    await person.#submit();
    return person;
  }

  async #submit(): Promise<void> {
    await this.page.locator("input[name=username]").fill(this.username);
    await this.page.locator("input[name=password]").fill(this.password);
    await this.page.locator("button[type=submit]").click();
    await this.page.locator(".home").waitFor();
  }

  /** Finds somebody by name and opens the conversation with them. */
  async find(other: Person): Promise<void> {
    await this.page.locator(".find input").fill(other.username);
    await this.page.locator(".sidebar button.row", { hasText: other.name }).click();
    await this.text.waitFor();
  }

  async open(name: string): Promise<void> {
    await this.conversation(name).click();
    await this.text.waitFor();
  }

  conversation(name: string): Locator {
    return this.page.locator(".sidebar a.row", { hasText: name });
  }

  get text(): Locator {
    return this.page.locator(".draft textarea");
  }

  async say(...texts: string[]): Promise<void> {
    for (const text of texts) {
      await this.text.fill(text);
      await this.text.press("Enter");
    }
  }

  /** The open conversation's message that begins so. */
  message(text: string): Locator {
    const beginning = new RegExp(`^${text.replace(/[^\w\s]/g, "\\$&")}`);
    return this.page.locator(".message", { has: this.page.locator(".bubble > p", { hasText: beginning }) });
  }

  /** What the messages of the open conversation say, from the first to the last. */
  said(): Promise<string[]> {
    return this.page.locator(".message .bubble > p").allTextContents();
  }

  /** What the open group tells of itself. */
  notices(): Promise<string[]> {
    return this.page.locator(".notice").allTextContents();
  }

  /** Waits for a message of that text, and until it has come so far at least. */
  async sees(text: string, state?: State): Promise<void> {
    const message = this.message(text);
    await (state ? message.locator(reached[state]) : message).waitFor();
  }

  /** Waits until the open conversation says just this. */
  async hasSaid(...texts: string[]): Promise<void> {
    await eventually(() => this.said(), texts);
  }

  /** Opens a message's menu and chooses from it. */
  async choose(text: string, action: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.locator("[aria-haspopup]").click();
    await this.page
      .locator(".menu")
      .getByRole(/React/.test(action) ? "menuitemcheckbox" : "menuitem", { name: action })
      .click();
  }
}

/** Looks again until it is so; fails with what it is instead. */
export async function eventually<T>(look: () => Promise<T>, expected: T, ms = 30_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (JSON.stringify(await look()) === JSON.stringify(expected)) return;
  }
  expect(await look()).toEqual(expected);
}
