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

test("A role that may not delete MUST be refused at the start, because nothing would expire", async () => {
  await using place = await closedOn("PostgreSQL");
  await using user = await userWith(RIGHTS.replace(", DELETE", ""), place, place.sql);

  await expect(openAt(user)).rejects.toThrow(/the user may not create or use its tables/);
  await expect(checkLedger({ url: user.url, keys: [LEDGER_KEY] })).rejects.toThrow(LedgerUnavailable);
});
