import { personRow } from "./chat-list.js";
import { $, debounced, element, show } from "./dom.js";

/** The dialog in which a group is named and its members are chosen. */
export function newGroupDialog({ client, inbox, people }) {
  const chosen = new Map();

  const render = () =>
    show(
      $("group-members"),
      [...chosen],
      ([id]) => id,
      ([id, name]) =>
        element(
          "li",
          {},
          element("button", { type: "button", text: `${name} ✕`, "aria-label": `Take ${name} out`, onclick: () => remove(id) }),
        ),
    );
  const remove = (id) => {
    chosen.delete(id);
    render();
  };
  const choose = ({ id, name }) => {
    chosen.set(id, name);
    $("group-find").value = "";
    show($("group-found"), [], () => "", undefined);
    $("group-find").focus();
    render();
  };
  const find = debounced(async () => {
    const q = $("group-find").value.trim();
    const users = q ? await people.find(q).catch(() => []) : [];
    const rows = users
      .filter(({ id }) => !chosen.has(id))
      .map(({ id, username, displayName }) => ({ id, name: displayName || username, preview: `@${username}` }));
    show(
      $("group-found"),
      rows,
      ({ id }) => id,
      (row) => personRow(row, () => choose(row)),
    );
  }, 200);

  $("group-find").addEventListener("input", find);
  $("group-find").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  $("group-cancel").addEventListener("click", () => $("group").close());
  $("new-group").addEventListener("click", () => {
    chosen.clear();
    $("group-form").reset();
    $("group-error").textContent = "";
    render();
    $("group").showModal();
  });
  $("group-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const body = { name: $("group-name").value, memberIds: [...chosen.keys()] };
      const { conversation } = await client.call("POST /groups", { body });
      await inbox.fetch(conversation.id);
      $("group").close();
      location.hash = `/${conversation.id}`;
    } catch (error) {
      $("group-error").textContent = error.message;
    }
  });
}
