import { expect, test } from "vitest";
import { checkLedger } from "../../../operator/ledger/closed.ts";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { TicketDocument } from "../../../examples/generated/graphql.ts";
import { userWith } from "../../support/database-user.ts";
import { OPERATOR } from "../../support/intents.ts";
import { mutate } from "../../support/mutations.ts";
import { closedOn, LEDGER_KEY, openAt } from "../../support/opened.ts";
import { repositoryText } from "../../support/repository.ts";
import { startService } from "../../support/service.ts";

/** Rights that docs/maintenance.md gives to the role of a service, up to the role's name. */
const RIGHTS = /^(GRANT .+) TO service;$/m.exec(repositoryText("docs/maintenance.md"))?.[1] ?? "";

test("A role with the rights of docs/maintenance.md MUST be enough for a ledger whose tables another role has made", async () => {
  await using place = await closedOn("PostgreSQL");
  await using user = await userWith(RIGHTS, place, place.sql);
  await using service = await startService({ ledgerUrl: user.url });

  const { payload } = await mutate(service, "createVoiceTicket");
  const id = payload?.ticket?.id ?? "";
  const { payload: updated } = await mutate(service, "updateTicketStatus", { ticketId: id });
  const ready = await fetch(`${service.managementUrl}/readyz`);
  await using operator = await openAt(user);

  expect(updated).toMatchObject({ ticket: { id }, problems: [] });
  expect(ready.status).toBe(200);
  expect(await operator.ledger.forgetTicket(id, OPERATOR)).toBe(true);
  expect((await service.execute(TicketDocument, { id })).data.ticket).toBeNull();
});

const NO_RIGHTS = "the user may not create or use its tables. Give it the right to create in its schema";
const READS = "GRANT SELECT ON ALL TABLES IN SCHEMA public";

test.each([
  ["the role may only read", READS, NO_RIGHTS],
  ["the role may not delete, because nothing would expire", RIGHTS.replace(", DELETE", ""), NO_RIGHTS],
  ["the database is read-only", null, "the database is read-only, such as a standby. Name the primary"],
])("A start, and a check, MUST be refused where %s", async (_, rights, reason) => {
  await using place = await closedOn("PostgreSQL");
  await using user = rights === null ? null : await userWith(rights, place, place.sql);
  if (user === null)
    await place.sql.run(
      `ALTER DATABASE ${new URL(place.url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
  const { url } = user ?? place;

  for (const use of [() => openAt({ url }), () => checkLedger({ url, keys: [LEDGER_KEY] })]) {
    const error: unknown = await use().catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(LedgerUnavailable);
    expect(error).toHaveProperty("message", `The ledger in DATABASE_URL cannot be used: ${reason}.`);
  }
});
