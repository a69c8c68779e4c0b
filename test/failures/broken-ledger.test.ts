import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { startServiceOn } from "../support/service.ts";

test.each<[table: string, query: string]>([
  ["tickets", '{ ticket(id: "1") { id } }'],
  ["tickets", '{ _entities(representations: [{__typename: "Ticket", id: "1"}]) { __typename } }'],
  ["submissions", `{ ticketSubmission(id: "${randomUUID()}") { id } }`],
  ["submissions", "{ ticketSubmissions { edges { cursor } } }"],
])(
  "A database that has lost the table %s MUST be LEDGER_UNAVAILABLE, without the database's own message: %s",
  async (table, query) => {
    await using service = await startServiceOn("SQLite");
    using database = new DatabaseSync(service.place.url.replace("sqlite:", ""), { timeout: 5000 });
    database.exec(`ALTER TABLE ${table} RENAME TO lost`);

    const { errors, text } = await service.post(JSON.stringify({ query }));

    expect(errors).toMatchObject([{ extensions: { code: "LEDGER_UNAVAILABLE" } }]);
    expect(text).not.toMatch(/sql|table|select|lost/i);
    expect(service.events).toEqual([]);
  },
);
