import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Need, type NeedName, needs } from "./needs.ts";

const MINUTES_TO_INSTALL = 10;

/**
 * Installs what the tests run and this machine has not got, if it may; else says how to come by it.
 * Never fails: tests without their server are skipped.
 */
function main(): void {
  finish();
  if (missing().length > 0 && mayInstall()) install();
  const names = missing();
  if (names.length > 0) explain(names);
}

function missing(): NeedName[] {
  const all = Object.entries<Need>(needs) as [NeedName, Need][];
  return all.filter(([, need]) => !need.isThere()).map(([name]) => name);
}

const mayInstall = () => process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

function install(): void {
  const packages = missing().flatMap((name) => needs[name].packages);
  console.log(`Installing for the tests: ${packages.join(" ")}`);
  attempt(() => apt("update"));
  attempt(() => apt("install", "-y", "--no-install-recommends", ...packages));
  finish();
}

function finish(): void {
  for (const name of missing()) attempt(() => (needs[name] as Need).finish?.());
}

function apt(...args: string[]): void {
  execFileSync("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=300", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"],
    timeout: MINUTES_TO_INSTALL * 60_000,
  });
}

function attempt(step: () => void): void {
  try {
    step();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

function explain(names: NeedName[]): void {
  const packages = names.flatMap((name) => needs[name].packages);
  console.log(`Not on this machine, so their tests are skipped: ${names.join(", ")}.
On Debian: sudo apt-get install ${packages.join(" ")} && npm run services
Elsewhere: docker run --rm -it -v "$PWD:/switchboard" -w /switchboard node:24-bookworm sh -c "npm ci && npm test"`);
}

main();
