import { expect, test } from "vitest";
import { PAGE_SIZE } from "../../src/graphql/resolvers/submission-page.ts";
import { type Answer, postQuery } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

const NESTED = `query ($first: Int! = ${PAGE_SIZE.default}) {
  ticketSubmissions(first: ${PAGE_SIZE.max}) {
    edges { node { ticket { submissions(first: $first) { edges { cursor } } } } }
  }
}`;

test("MUST refuse lists within lists that ask for too many submissions, and answer those of the usual size", async () => {
  await using service = await startService();
  for (let nth = 0; nth < 30; nth++) await mutate(service, "updateTicketStatus");

  expect(histories(await postQuery(service, NESTED))).toEqual(Array.from({ length: 30 }, () => 20));
  const answer = await postQuery(service, NESTED, { first: PAGE_SIZE.max });

  expect(histories(answer)).toEqual([
    ...Array.from({ length: 24 }, () => 30),
    ...Array.from({ length: 6 }, () => null),
  ]);
  expect(new Set(answer.errors?.map(({ extensions }) => extensions.code))).toEqual(
    new Set(["TOO_MANY_SUBMISSIONS"]),
  );
});

interface Nested {
  ticketSubmissions: { edges: { node: { ticket: { submissions: { edges: unknown[] } | null } } }[] };
}

/** Number of submissions in each history; null for a refused one. */
function histories({ data }: Answer<unknown>): (number | null)[] {
  const { edges } = (data as Nested).ticketSubmissions;
  return edges.map(({ node }) => node.ticket.submissions?.edges.length ?? null);
}
