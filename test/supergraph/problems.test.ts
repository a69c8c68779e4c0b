import { type DocumentNode, print } from "graphql";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProblemCode, problem } from "../../src/errors.ts";
import { CancelTicketSubmissionDocument, ResolveTicketSubmissionDocument } from "../../examples/generated/graphql.ts";
import type { Mood } from "../../sandbox/moods.ts";
import { postQuery } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { type MutationName, problemsOf } from "../support/mutations.ts";
import { type Federated, startFederated } from "./federated.ts";
import { GATEWAYS } from "./gateway.ts";

type By = (supergraph: Federated) => Promise<unknown>;

const sending =
  (name: MutationName, mood: Mood, changes = {}): By =>
  (supergraph) => {
    supergraph.sandbox.setMood(mood, { times: 1 });
    return problemsOf(supergraph, name, changes);
  };

const resolvingAtOnce: By = async (supergraph) => {
  const verdict = { verdict: "NOT_CREATED", note: "Looked for it", submissionId: await openDoubt(supergraph) };
  return problemsOfChange(supergraph, ResolveTicketSubmissionDocument, verdict);
};

const cancellingNothing: By = (supergraph) =>
  problemsOfChange(supergraph, CancelTicketSubmissionDocument, { submissionId: randomUUID() });

const AT_FIELD = { field: "connectId", message: expect.any(String) as string };
/** Ways to provoke one problem of each mutation, with the special fields of that problem. */
const PROVOKED: [code: ProblemCode, by: By, details?: object][] = [
  ["INVALID_INPUT", sending("createHelpdeskTicket", "well", { connectId: " " }), AT_FIELD],
  ["SOCIOMILE_UNAVAILABLE", sending("createVoiceTicket", "unauthorized")],
  ["STATUS_UNKNOWN", sending("updateTicketStatus", "cut-after")],
  ["TOO_EARLY", resolvingAtOnce, { retryAfterSeconds: expect.any(Number) }],
  ["SUBMISSION_NOT_FOUND", cancellingNothing, { field: "submissionId" }],
];

/** Gateways, and one with redacted errors as well: Apollo Router, whose default that is, or another one in its place. */
const TREATMENTS = [
  ...GATEWAYS.map((gateway) => ({ gateway, redactsErrors: false })),
  { gateway: GATEWAYS.at(-1)!, redactsErrors: true },
];

describe("problems", () => {
  let supergraphs: Federated[] = [];
  beforeAll(async () => {
    supergraphs = await Promise.all(TREATMENTS.map((treatment) => startFederated(treatment)));
  });
  afterAll(() => Promise.all(supergraphs.map((supergraph) => supergraph[Symbol.asyncDispose]())));

  test.each(PROVOKED)("MUST be data, also when a gateway replaces errors: %s", async (code, by, details) => {
    const problems = await Promise.all(supergraphs.map(by));

    const { message, retryable } = problem(code);
    expect(problems).toMatchObject(TREATMENTS.map(() => [{ code, retryable, message, ...details }]));
  });

  test("MUST NOT be GraphQL errors, which are for programmers and which a gateway may replace: else they show their code and the id in the log", async () => {
    const body = JSON.stringify({ query: "{ ticketSubmissions(first: 0) { edges { cursor } } }" });
    const requestId = "id-of-the-caller";

    const asked = supergraphs.map((supergraph) => supergraph.post(body, { "x-request-id": requestId }));
    const answers = await Promise.all(asked);

    const errors = answers.map(({ text }) => (JSON.parse(text) as { errors: object[] }).errors);
    const extensions = { code: "BAD_USER_INPUT", requestId };
    const shown = { message: "first must be from 1 to 100.", extensions };
    const replaced = { message: expect.stringMatching(/redacted/) };
    expect(errors).toMatchObject(TREATMENTS.map(({ redactsErrors }) => [redactsErrors ? replaced : shown]));
    expect(answers.at(-1)?.text).not.toContain("BAD_USER_INPUT");
    expect(supergraphs.map(({ operations }) => operations.at(-1)?.requestId)).toEqual(TREATMENTS.map(() => requestId));
  });
});

async function problemsOfChange(supergraph: Federated, document: DocumentNode, input: object) {
  const query = print(document).replace("problems {", "problems { retryable retryAfterSeconds ");
  const { data, errors } = await postQuery(supergraph, query, { input });
  expect(errors).toBeUndefined();
  const [change] = Object.values(data as Record<string, { problems: unknown[] }>);
  return change!.problems;
}
