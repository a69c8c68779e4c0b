import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { checkLedger } from "../../../src/ledger/open.ts";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { TicketDocument } from "../../generated/graphql.ts";
import { LEDGER_KEY, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { openAt } from "../../support/opened.ts";
import { repositoryText } from "../../support/repository.ts";
import { startService } from "../../support/service.ts";
import { type Sql, sqlOn } from "../../support/sql.ts";

/** Rights that docs/maintenance.md gives to the role of a service, up to the role's name. */
const RIGHTS = /^(GRANT .+ TO )service;$/m.exec(repositoryText("docs/maintenance.md"))?.[1] ?? "";

/** Makes a role that has these rights and no others, and is gone at the end. Returns the address of the database for it. */
async function roleWith(rights: string, sql: Sql, { url }: { url: string }, made: AsyncDisposableStack) {
  const role = new URL(url);
  [role.username, role.password] = [`least_${randomBytes(6).toString("hex")}`, "may-create-no-table"];
  await sql.run(`CREATE ROLE ${role.username} LOGIN PASSWORD '${role.password}'`);
  made.defer(async () => void (await sql.run(`DROP ROLE ${role.username}`)));
  await sql.run(`${rights}${role.username}`);
  made.defer(async () => void (await sql.run(`DROP OWNED BY ${role.username}`)));
  return role.href;
}

test("A role with the rights of docs/maintenance.md MUST be enough for a ledger whose tables another role has made", async () => {
  await using made = new AsyncDisposableStack();
  const place = made.use(await placeFor("PostgreSQL"));
  const sql = made.use(await sqlOn(place));
  await (await openAt(place)).ledger.close();
  const ledgerUrl = await roleWith(RIGHTS, sql, place, made);
  await using service = await startService({ ledgerUrl });

  const { payload } = await mutate(service, "createVoiceTicket");
  const id = payload?.ticket?.id ?? "";
  const { payload: updated } = await mutate(service, "updateTicketStatus", { ticketId: id });
  const ready = await fetch(`${service.managementUrl}/readyz`);
  await using operator = await openAt({ url: ledgerUrl });

  expect(updated).toMatchObject({ ticket: { id }, problems: [] });
  expect(ready.status).toBe(200);
  expect(await operator.ledger.forgetTicket(id, "operator")).toBe(true);
  expect((await service.execute(TicketDocument, { id })).data.ticket).toBeNull();
});

test("A role that may not delete MUST be refused at the start, because nothing would expire", async () => {
  await using made = new AsyncDisposableStack();
  const place = made.use(await placeFor("PostgreSQL"));
  const sql = made.use(await sqlOn(place));
  await (await openAt(place)).ledger.close();
  const url = await roleWith(RIGHTS.replace(", DELETE", ""), sql, place, made);

  await expect(openAt({ url })).rejects.toThrow(/the user may not create or use its tables/);
  await expect(checkLedger({ url, keys: [LEDGER_KEY] })).rejects.toThrow(LedgerUnavailable);
});
