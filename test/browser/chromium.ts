import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const path = "/usr/bin/chromium";
const apt = "/usr/bin/apt-get";
const minutesToInstall = 5;

/** Where Debian's Chromium is; installed if it is not there and may be. Undefined: the tests cannot look at the page here. */
export function chromium(): string | undefined {
  if (!existsSync(path) && existsSync(apt) && process.getuid?.() === 0) install();
  return existsSync(path) ? path : undefined;
}

/** One worker at a time; who comes later finds it there. */
function install(): void {
  const script = `test -e ${path} || { ${apt} update -qq && ${apt} install -y -qq --no-install-recommends chromium; }`;
  try {
    execFileSync("flock", [join(tmpdir(), "switchboard-chromium.lock"), "sh", "-c", script], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: "ignore",
      timeout: minutesToInstall * 60_000,
    });
  } catch {
    // Without it the tests are skipped, and say so.
  }
}
