import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { goodPassword, newUsername } from "../protocol/people.ts";
import type { OpenContext } from "./browser.ts";

/** Somebody at a browser, who does what people do. */
export class Person {
  readonly page: Page;
  readonly name: string;
  readonly username: string;
  readonly password: string;
  /** What the browser complained of: errors of scripts, and what the content security policy refused. */
  readonly complaints: string[] = [];

  private constructor(page: Page, name: string, username: string, password: string) {
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

  /** Signs up with the form. */
  static async signUp(openContext: OpenContext, url: string, name: string, options?: BrowserContextOptions): Promise<Person> {
    const context = await openContext(options);
    const person = new Person(await context.newPage(), name, newUsername(), goodPassword());
    const { page } = person;
    await page.goto(url);
    await page.locator(".switch button").click();
    await page.locator("input[name=username]").fill(person.username);
    await page.locator("input[name=displayName]").fill(name);
    await page.locator("input[name=password]").fill(person.password);
    await page.locator("button[type=submit]").click();
    await page.locator(".home").waitFor();
    return person;
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

  /** The open conversation's message with that text. */
  message(text: string): Locator {
    return this.page.locator(".message", { hasText: text });
  }

  /** What the messages of the open conversation say, from the first to the last. */
  said(): Promise<string[]> {
    return this.page.locator(".message .bubble > p").allTextContents();
  }

  notices(): Promise<string[]> {
    return this.page.locator(".notice").allTextContents();
  }

  /** Waits for a message of that text, sent, delivered or read. */
  async sees(text: string, state?: "sending" | "sent" | "delivered" | "read"): Promise<void> {
    const message = this.message(text);
    await (state ? message.locator(`.tick.${state}`) : message).waitFor();
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
