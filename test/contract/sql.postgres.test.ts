import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openPostgres } from "../../stores/sql.postgres.ts";
import type { Sql } from "../../stores/sql.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startPostgres } from "../servers/postgres.ts";
import type { TestServer } from "../servers/test-server.ts";
import { sqlContract } from "./sql.contract.ts";

describeWith("postgres")("PostgreSQL", () => {
  let server: TestServer;
  let sql: Sql;
  beforeAll(async () => {
    server = await startPostgres();
    sql = await openPostgres({ url: server.url });
  });
  afterAll(async () => {
    await sql?.close();
    await server?.remove();
  });

  sqlContract("PostgreSQL", () => sql);

  test("any number of nodes may start on an empty database at once", async () => {
    await sql.query("CREATE DATABASE fresh");
    const url = server.url.replace(/postgres$/, "fresh");
    const nodes = await Promise.all(Array.from({ length: 5 }, () => openPostgres({ url })));
    expect(await nodes[0]?.query("SELECT count(*) AS n FROM users")).toEqual([{ n: 0 }]);
    await Promise.all(nodes.map((node) => node.close()));
  });
});
