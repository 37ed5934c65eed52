import { rmSync } from "node:fs";
import { dirname } from "node:path";

export default function teardown(): void {
  const template = process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE;
  if (template) rmSync(dirname(template), { recursive: true, force: true });
}
