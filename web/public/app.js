import { createClient, Inbox, webStore } from "/client/index.js";
import { ChatList } from "./chat-list.js";
import { ChatView } from "./chat-view.js";
import { $, avatar } from "./dom.js";
import { newGroupDialog } from "./new-group.js";
import { People } from "./people.js";
import { setUpWelcome, showWelcome } from "./welcome.js";

/** What is kept here is one device: two tabs must not be it at once. The second waits until the first is closed. */
async function onlyTab() {
  if (!navigator.locks) return;
  const waiting = setTimeout(() => ($("elsewhere").hidden = false), 300);
  await new Promise((taken) => {
    navigator.locks.request("switchboard", () => {
      taken();
      return new Promise(() => undefined);
    });
  });
  clearTimeout(waiting);
  $("elsewhere").hidden = true;
}

function start() {
  const client = createClient({ url: location.origin, store: webStore(localStorage) });
  let drawing = false;
  const redraw = () => {
    if (drawing) return;
    drawing = true;
    // Not requestAnimationFrame: a tab in the background draws too, for its title and its screen reader.
    setTimeout(() => {
      drawing = false;
      list.render(chat.openId);
      chat.render();
    });
  };
  const people = new People(client, redraw);
  const inbox = new Inbox(client, redraw);
  const list = new ChatList({ client, inbox, people });
  const chat = new ChatView({ client, inbox, people });
  newGroupDialog({ client, inbox, people });

  const route = () => {
    const id = location.hash.slice(2);
    if (id && client.user) chat.open(id);
    else chat.close();
    redraw();
  };
  const enter = () => {
    const { user } = client;
    people.know(user);
    $("my-avatar").replaceChildren(avatar(user.displayName || user.username, user.id));
    $("my-name").textContent = user.displayName || user.username;
    $("welcome").hidden = true;
    $("app").hidden = false;
    client.connect();
    route();
  };
  const catchUp = async () => {
    await inbox.refresh().catch(() => undefined);
    const peers = inbox.conversations.flatMap(({ peer }) => (peer ? [peer] : []));
    for (const peer of peers) people.know(peer);
    client.watchPresence(peers.map(({ id }) => id));
    chat.reopen();
  };

  client.on("ready", catchUp);
  client.on("outbox", redraw);
  client.on("conversation", ({ peer }) => peer && client.watchPresence([peer.id]));
  client.on("connection", redraw);
  client.on("connection", showConnection);
  client.on("signedOut", ({ by }) => {
    if (by === "server") sessionStorage.setItem("note", "You were signed out of this device.");
    location.hash = "";
    location.reload();
  });
  window.addEventListener("hashchange", route);
  // A connection may not notice that the network under it has gone.
  window.addEventListener("offline", () => client.reconnect());
  window.addEventListener("online", () => client.user && client.connect());
  $("sign-out").addEventListener("click", () => client.logout());
  $("messages").addEventListener("click", ({ target }) => {
    if (target.dataset.retry) client.retry(target.dataset.retry);
    if (target.dataset.discard) client.discard(target.dataset.discard);
  });
  setUpWelcome(client, enter);
  if (client.user) enter();
  else showWelcome();
}

function showConnection({ state, reason }) {
  const says = {
    connecting: "Connecting…",
    waiting: "No connection. Trying again…",
    stopped: reason === "replaced" ? "Switchboard was opened in too many places. Reload to go on here." : "",
  };
  $("offline").textContent = says[state] ?? "";
  $("offline").hidden = !says[state];
}

await onlyTab();
start();
