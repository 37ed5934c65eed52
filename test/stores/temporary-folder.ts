import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for a message store's file. */
export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), "switchboard-messages-"));

  get file(): string {
    return join(this.path, "messages.sqlite");
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
