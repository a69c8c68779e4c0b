import { expect, test } from "vitest";
import { PAGE_SIZE } from "../../src/graphql/resolvers/submission-page.ts";
import { postQuery } from "../support/client.ts";
import { entitiesWith, referringTo } from "../support/heavy-documents.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { READ_BY_CALLERS, listenToStatements } from "../support/sql.ts";

const NESTED = `{ ticketSubmissions(first: ${PAGE_SIZE.max}) { nodes { ticket { submissions { nodes { id } } } } } }`;

test("MUST read the histories of many tickets with one statement", async () => {
  await using service = await startService();
  for (let nth = 0; nth < 30; nth++)
    await mutate(service, "updateTicketStatus", { ticketId: `ticket-${nth}` });

  using statements = listenToStatements();
  const { data } = await postQuery(service, NESTED);

  const submissions = { nodes: [{ id: expect.any(String) as string }] };
  const nodes = Array.from({ length: 30 }, () => ({ ticket: { submissions } }));
  expect(data).toEqual({ ticketSubmissions: { nodes } });
  expect(statements.matching(READ_BY_CALLERS)).toHaveLength(3); // of the list, of its tickets, and of their histories
});

test("MUST read the resolutions of many submissions in parts, and serve others between them", async () => {
  await using service = await startService();
  const ids = ["one", "two"];
  for (const id of ids)
    for (let nth = 0; nth < 60; nth++) await mutate(service, "updateTicketStatus", { ticketId: id });

  using statements = listenToStatements();
  const query = entitiesWith("submissions(first: 100) { nodes { resolution { verdict } } }");
  const { errors } = await postQuery(service, query, referringTo(2, ...ids));

  expect(errors).toBe(undefined);
  expect(statements.matching(/from resolutions/i)).toHaveLength(2); // of 100 submissions, and of 20
});
