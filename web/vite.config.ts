import { defineConfig } from "vite";

const server = process.env.SWITCHBOARD_URL ?? "http://127.0.0.1:3000";

/** The page, built into `dist` for the gateway to serve; while it is worked on, `npm run web` serves it beside a running engine. */
export default defineConfig(({ command }) => {
  // What is built is for users, whoever builds it: a test run, an install on a developer's machine.
  if (command === "build") process.env.NODE_ENV = "production";
  return {
    publicDir: false,
    build: {
      // Nothing is written into the page itself: its content security policy would forbid it.
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
      target: ["chrome123", "firefox125", "safari17.5"],
    },
    server: { proxy: { "/api": server, "/ws": { target: server, ws: true } } },
  };
});
