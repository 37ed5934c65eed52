import { $ } from "./dom.js";

let isNew = false;

/** Signing in, and making an account. */
export function setUpWelcome(client, onEnter) {
  $("switch").addEventListener("click", () => {
    isNew = !isNew;
    draw();
  });
  $("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { username, password, displayName } = Object.fromEntries(new FormData(event.target));
    const button = event.target.querySelector("button[type=submit]");
    button.disabled = true;
    $("sign-in-error").textContent = "";
    try {
      if (isNew) await client.register({ username, password, ...(displayName.trim() && { displayName: displayName.trim() }) });
      await client.login(username, password, { name: deviceName(), platform: "web" });
      onEnter();
    } catch (error) {
      $("sign-in-error").textContent = explain(error);
    } finally {
      button.disabled = false;
    }
  });
}

export function showWelcome() {
  $("welcome-note").textContent = sessionStorage.getItem("note") ?? "";
  sessionStorage.removeItem("note");
  $("welcome").hidden = false;
  draw();
}

function draw() {
  const form = $("sign-in");
  form.classList.toggle("new", isNew);
  form.elements.password.autocomplete = isNew ? "new-password" : "current-password";
  form.elements.password.minLength = isNew ? 8 : 1;
  form.querySelector("button[type=submit]").textContent = isNew ? "Make an account" : "Sign in";
  $("switch").textContent = isNew ? "Sign in" : "Make an account";
  $("switch").previousElementSibling.textContent = isNew ? "Have one already?" : "New here?";
  $("sign-in-error").textContent = "";
  form.elements.username.focus();
}

function explain(error) {
  if (error.code === "UNAUTHENTICATED") return "Wrong username or password.";
  if (error.code === "CONFLICT") return "This username is taken.";
  if (error.code === "DISCONNECTED" || error.code === "TIMEOUT") return "The server cannot be reached.";
  return error.errors?.length ? error.errors.map(({ path, message }) => `${path}: ${message}`).join(". ") : error.message;
}

function deviceName() {
  const browser = navigator.userAgentData?.brands?.at(-1)?.brand ?? "Browser";
  return navigator.userAgentData?.platform ? `${browser} on ${navigator.userAgentData.platform}` : browser;
}
