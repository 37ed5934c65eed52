import { describe } from "@jest/globals";
import type { Sql } from "../../stores/sql.ts";
import { accountsContract } from "./sql/accounts.ts";
import { devicesContract } from "./sql/devices.ts";
import { groupsContract } from "./sql/groups.ts";
import { idempotencyContract } from "./sql/idempotency.ts";
import { statementsContract } from "./sql/statements.ts";

/** What the SQL database must do, and what is kept in it. `open` gives one that is migrated and may have been used before. */
export function sqlContract(name: string, open: () => Sql): void {
  describe(`SQL in ${name}`, () => {
    statementsContract(open);
    accountsContract(open);
    devicesContract(open);
    groupsContract(open);
    idempotencyContract(open);
  });
}
