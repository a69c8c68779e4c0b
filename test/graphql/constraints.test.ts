import { graphql } from "graphql";
import { expect, test } from "vitest";
import { Bounds, Budget } from "../../src/graphql/bounds.ts";
import type { Context } from "../../src/graphql/context.ts";
import { OperationRecord } from "../../src/graphql/plugins/operation-log.ts";
import { schema } from "../../src/graphql/schema.ts";
import type { Intent } from "../../src/tickets/ports.ts";

/** Runs a document as a client with every scope. Returns the intents that it submits. */
async function submittedBy(source: string, variableValues: Record<string, unknown>) {
  const intents: Intent[] = [];
  const spent = new Budget();
  const contextValue: Pick<Context, "bounds" | "caller" | "record" | "spent" | "submit"> = {
    spent,
    bounds: new Bounds(spent),
    record: new OperationRecord({ requestId: "1", traceParent: null }),
    caller: { clientId: "client", person: null, scopes: new Set(["ticket:update"]) },
    submit(intent) {
      intents.push(intent);
      const nothing = { ticket: null, existingTicket: null, submission: null, problems: [], replayed: false };
      return Promise.resolve({ ...nothing, startedAt: 0, tookMs: {} });
    },
  };
  const { errors, data } = await graphql({ schema, source, variableValues, contextValue });
  return { intents, errors, data };
}

test("One variable MUST serve several mutations: each puts its own copy into form", async () => {
  const input = Object.freeze({ ticketId: " 690d950c ", bsgTicketId: "1", status: "OPEN" });

  const { intents, errors } = await submittedBy(
    `mutation ($input: UpdateTicketStatusInput!) {
      a: updateTicketStatus(input: $input) { replayed }
      b: updateTicketStatus(input: $input) { replayed }
    }`,
    { input },
  );

  expect(errors).toBeUndefined();
  const details = { ticketId: "690d950c", bsgTicketId: "1", status: "OPEN" };
  expect(intents.map(({ request }) => request.details)).toEqual([details, details]);
});

test("The problems of an input MUST come in the order of the schema, with those of a base class first", async () => {
  const { intents, data } = await submittedBy(
    `mutation ($input: UpdateTicketStatusInput!) { updateTicketStatus(input: $input) { problems { field } } }`,
    { input: { bsgTicketId: " ", ticketId: "", status: "OPEN", idempotencyKey: "" } },
  );

  const problems = ["idempotencyKey", "ticketId", "bsgTicketId"].map((field) => ({ field }));
  expect(data).toEqual({ updateTicketStatus: { problems } });
  expect(intents).toEqual([]);
});
