import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

/** `npm run test:protocol -- --url https://chat.example.org`: the suite against a running server; without --url it starts one. A test that failed may leave a socket open: it does not keep the program. */
const { values, positionals } = parseArgs({ options: { url: { type: "string" } }, allowPositionals: true });
const jest = spawn(
  process.execPath,
  ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "test/protocol", "--runInBand", "--forceExit", ...positionals],
  { stdio: "inherit", env: { ...process.env, ...(values.url ? { SWITCHBOARD_URL: values.url.replace(/\/$/, "") } : {}) } },
);
jest.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
