import { expect, test } from "vitest";
import { TicketHistoryDocument, type TicketHistoryQuery } from "../generated/graphql.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Answer, startServiceOn } from "../support/service.ts";
import { READ_BY_CALLERS, listenToStatements } from "../support/sql.ts";

test.each(ENGINES)("200 status changes MUST be read in pages of two statements, on %s", async (engine) => {
  await using service = await startServiceOn(engine);
  const { payload } = await mutate(service, "createHelpdeskTicket");
  const id = payload?.ticket?.id ?? "";
  const made = [payload?.submission?.id];
  for (let nth = 0; nth < 200; nth++) {
    const status = nth % 2 ? "PENDING" : "OPEN";
    const change = await mutate(service, "updateTicketStatus", { ticketId: id, status });
    made.push(change.payload?.submission?.id);
  }

  const history: string[] = [];
  const asked: number[] = [];
  let after: string | null = null;
  do {
    using statements = listenToStatements();
    const page: Answer<TicketHistoryQuery> = await service.execute(TicketHistoryDocument, {
      id,
      first: 60,
      after,
    });
    const { nodes, pageInfo } = page.data.ticket!.submissions!;
    history.push(...nodes.map((node) => node.id));
    asked.push(statements.matching(READ_BY_CALLERS).length);
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
  } while (after !== null);

  expect(history).toEqual(made.toReversed());
  expect(asked).toEqual([2, 2, 2, 2]);
});
