import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";
import { describeInBrowser, useBrowser } from "./browser.ts";
import { eventually, Person } from "./person.ts";
import { Guest } from "./scene.ts";

describeInBrowser("a group", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startEngine();
  }, 60_000);
  afterAll(() => engine.stop());
  const openContext = useBrowser();

  const people = () =>
    Promise.all(
      ["Ada Okafor", "Bob Lindqvist", "Carol Tanaka"].map((name) => Person.signUp(openContext, engine.url, name)),
    ) as Promise<[Person, Person, Person]>;

  async function pick({ page }: Person, other: Person): Promise<void> {
    await page.locator("dialog input[type=search]").fill(other.username);
    await page.locator("dialog button.row", { hasText: other.name }).click();
  }

  async function chooseFor({ page }: Person, other: Person, action: string): Promise<void> {
    await page.getByRole("button", { name: `Actions for ${other.name}` }).click();
    await page.getByRole("menuitem", { name: action }).click();
  }

  test("is made, named, joined and left, and tells it", async () => {
    const [ada, bob, carol] = await people();
    const button = (name: string) => ada.page.getByRole("button", { name, exact: true });
    await button("New group").click();
    await ada.page.getByLabel("Group name").fill("Walk");
    await pick(ada, bob);
    await button("Make the group").click();
    await ada.text.waitFor();
    await ada.say("Who comes?");
    await bob.open("Walk");
    await bob.say("I do");
    await ada.message("I do").locator(".sender", { hasText: bob.name }).waitFor();

    await button("Group details").click();
    await pick(ada, carol);
    await button("Add").click();
    await ada.page.locator("dialog .role", { hasText: "owner" }).waitFor();
    await carol.open("Walk");
    await carol.hasSaid();
    await ada.page.locator("dialog").getByLabel("Group name").fill("Long walk");
    await button("Rename").click();
    await chooseFor(ada, bob, "Make admin");
    await ada.page.locator("dialog .role", { hasText: "admin" }).waitFor();
    await chooseFor(ada, carol, "Remove");
    await eventually(() => ada.page.locator("dialog .list .row").count(), 2);
    await ada.page.keyboard.press("Escape");

    await eventually(
      () => bob.notices(),
      [
        "Ada Okafor made the group",
        "Ada Okafor added Carol Tanaka",
        "Ada Okafor named the group “Long walk”",
        "Ada Okafor made you admin",
        "Ada Okafor removed Carol Tanaka",
      ],
    );
    await carol.page.getByText("You can only read here").waitFor();
    await bob.page.locator(".titles", { hasText: "Long walk" }).waitFor();
    await bob.page.getByRole("button", { name: "Group details" }).click();
    await bob.page.getByRole("button", { name: "Leave the group" }).click();
    await bob.page.getByRole("dialog", { name: "Leave this group?" }).getByRole("button", { name: "Leave the group" }).click();
    await bob.page.getByText("You can only read here").waitFor();
    await eventually(async () => (await ada.notices()).at(-1), "Bob Lindqvist left");
    expect([...ada.complaints, ...bob.complaints, ...carol.complaints]).toEqual([]);
  });

  test("that one was put out of meanwhile takes no message: it failed, and can be tried again or discarded", async () => {
    const bob = await Guest.signUp(engine.url, "Bob Lindqvist");
    const ada = await Person.signUp(openContext, engine.url, "Ada Okafor");
    const { items } = await bob.client.call("GET /users", { query: { q: ada.username } });
    const userId = items[0]?.id ?? "";
    const { group } = await bob.client.call("POST /groups", { body: { name: "Walk", memberIds: [userId] } });
    await ada.open("Walk");
    await ada.page.context().setOffline(true);
    await ada.page.locator(".banner").waitFor();
    await ada.say("Wait for me");
    await ada.sees("Wait for me", "sending");
    await bob.client.call("DELETE /groups/:id/members/:userId", { params: { id: group.id, userId } });
    await ada.page.context().setOffline(false);
    await ada.page.getByText("Not sent").waitFor();
    await ada.page.getByRole("button", { name: "Try again" }).click();
    await ada.page.getByText("Not sent").waitFor();
    await ada.page.getByRole("button", { name: "Discard" }).click();
    await ada.hasSaid();
    bob.client.close();
  });
});
