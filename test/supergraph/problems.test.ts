import { type DocumentNode, print } from "graphql";
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProblemCode, problem } from "../../src/errors.ts";
import {
  CancelTicketSubmissionDocument,
  ResolveTicketSubmissionDocument,
  type ResolveTicketSubmissionInput,
} from "../generated/graphql.ts";
import { postQuery } from "../support/client.ts";
import { type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Federated, startFederated } from "./federated.ts";
import { GATEWAYS } from "./gateway.ts";

interface TicketProblem {
  code: ProblemCode;
  message: string;
  field: string | null;
  retryAfterSeconds: number | null;
}

/** Ways to provoke a problem of each code, with the special fields of that problem. */
const PROVOKED: Record<
  ProblemCode,
  { by: (at: Scene) => Promise<TicketProblem[]>; details?: Partial<TicketProblem> }
> = {
  INVALID_INPUT: {
    by: ({ supergraph }) => problemsOfCreate(supergraph, { connectId: " " }),
    details: { field: "connectId", message: expect.any(String) },
  },
  IDEMPOTENCY_KEY_REUSED: {
    async by({ supergraph }) {
      const idempotencyKey = randomUUID();
      await problemsOfCreate(supergraph, { idempotencyKey });
      return problemsOfCreate(supergraph, { idempotencyKey, content: "Something else" });
    },
  },
  IN_PROGRESS: {
    async by({ supergraph }) {
      const idempotencyKey = randomUUID();
      const answered = Promise.withResolvers<void>();
      supergraph.sandbox.setMood("slow", { times: 1, until: answered.promise });
      const before = supergraph.sandbox.received.length;
      const underWay = problemsOfCreate(supergraph, { idempotencyKey });
      await expect.poll(() => supergraph.sandbox.received.length).toBe(before + 1);
      const problems = await problemsOfCreate(supergraph, { idempotencyKey });
      answered.resolve();
      await underWay;
      return problems;
    },
    details: { retryAfterSeconds: expect.any(Number) },
  },
  SOCIOMILE_REJECTED: {
    by: inMood("refuse"),
    details: { field: "customerName", message: expect.any(String) },
  },
  SOCIOMILE_UNAVAILABLE: { by: inMood("unauthorized") },
  LEDGER_UNAVAILABLE: {
    async by({ supergraph, ledger }) {
      using lock = new DatabaseSync(ledger.url.replace(/^sqlite:/, ""));
      lock.exec("BEGIN IMMEDIATE");
      return await problemsOfCreate(supergraph);
    },
  },
  OUTCOME_UNKNOWN: { by: inMood("cut-after") },
  STATUS_UNKNOWN: {
    async by({ supergraph }) {
      supergraph.sandbox.setMood("cut-after", { times: 1 });
      return (await mutate(supergraph, "updateTicketStatus")).payload?.problems ?? [];
    },
  },
  SUPERSEDED: {
    async by({ supergraph }) {
      const update = { ticketId: "690d950c5f287ad0ff3bd9d7", status: "CLOSE", idempotencyKey: randomUUID() };
      supergraph.sandbox.setMood("cut-after", { times: 1 });
      await mutate(supergraph, "updateTicketStatus", update);
      await mutate(supergraph, "updateTicketStatus", { ...update, idempotencyKey: null });
      return (await mutate(supergraph, "updateTicketStatus", update)).payload?.problems ?? [];
    },
  },
  ALREADY_OPENED: {
    async by({ supergraph }) {
      const once = { unlessAlreadyOpened: true, helpdeskTicketNumber: "4711" };
      await problemsOfCreate(supergraph, once);
      return problemsOfCreate(supergraph, once);
    },
    details: { field: "helpdeskTicketNumber" },
  },
  SUBMISSION_NOT_QUEUED: {
    by: async ({ supergraph }) =>
      problemsOfChange(supergraph, CancelTicketSubmissionDocument, {
        submissionId: await submissionOf(supergraph),
      }),
  },
  SUBMISSION_NOT_FOUND: {
    by: ({ supergraph }) => problemsOfResolve(supergraph, randomUUID()),
    details: { field: "submissionId" },
  },
  SUBMISSION_NOT_IN_DOUBT: {
    by: async ({ supergraph }) => problemsOfResolve(supergraph, await submissionOf(supergraph)),
  },
  TICKET_ID_TAKEN: {
    async by({ supergraph }) {
      const { payload } = await mutate(supergraph, "createHelpdeskTicket");
      const ticketId = payload?.ticket?.id ?? null;
      supergraph.sandbox.setMood("cut-after", { times: 1 });
      return problemsOfResolve(supergraph, await submissionOf(supergraph), { verdict: "CREATED", ticketId });
    },
    details: { field: "ticketId", message: expect.stringMatching(/^The submission \S+ holds the ticket/) },
  },
  TOO_EARLY: {
    async by({ supergraph }) {
      supergraph.sandbox.setMood("cut-after", { times: 1 });
      return problemsOfResolve(supergraph, await submissionOf(supergraph));
    },
    details: { retryAfterSeconds: expect.any(Number) },
  },
};
const CODES = Object.keys(PROVOKED) as ProblemCode[];

interface Scene extends AsyncDisposable {
  supergraph: Federated;
  ledger: LedgerPlace;
}

/** Gateways, and one with redacted errors as well: Apollo Router, whose default that is, or another one in its place. */
const TREATMENTS = [
  ...GATEWAYS.map((gateway) => ({ gateway, redactsErrors: false })),
  { gateway: GATEWAYS.at(-1)!, redactsErrors: true },
];

describe("problems", () => {
  let scenes: Scene[] = [];
  beforeAll(async () => {
    scenes = await Promise.all(TREATMENTS.map(openBehind));
  });
  // Closes all at once, because closing waits for seconds after a ledger was down.
  afterAll(() => Promise.all(scenes.map((scene) => scene[Symbol.asyncDispose]())));

  test.each(CODES)("MUST be data that identifies %s, even when the gateway replaces errors", async (code) => {
    const { by, details } = PROVOKED[code];

    const problems = await Promise.all(scenes.map(by));

    const { message, retryable } = problem(code);
    expect(problems).toMatchObject(TREATMENTS.map(() => [{ code, retryable, message, ...details }]));
  });

  test("MUST NOT be GraphQL errors, which are for programmers and which a gateway may replace", async () => {
    const body = JSON.stringify({ query: "{ ticketSubmissions(first: 0) { edges { cursor } } }" });

    const answers = await Promise.all(scenes.map(({ supergraph }) => supergraph.post(body)));

    const shown = { message: "first must be from 1 to 100.", extensions: { code: "BAD_USER_INPUT" } };
    const replaced = { message: expect.stringMatching(/redacted/) };
    expect(answers.map(({ errors }) => errors)).toMatchObject(
      TREATMENTS.map(({ redactsErrors }) => [redactsErrors ? replaced : shown]),
    );
    expect(answers.at(-1)?.text).not.toContain("BAD_USER_INPUT");
  });
});

/** Starts a service for each gateway, so that all can be in a mood at once. */
async function openBehind(treatment: (typeof TREATMENTS)[number]): Promise<Scene> {
  await using opening = new AsyncDisposableStack();
  const ledger = opening.use(await placeFor("SQLite"));
  const service = { ledgerUrl: ledger.url, config: { SOCIOMILE_TIMEOUT_MS: 4000 } };
  const supergraph = opening.use(await startFederated({ ...treatment, service }));
  return Object.assign(opening.move(), { supergraph, ledger });
}

async function problemsOfCreate(
  supergraph: Federated,
  changes: Record<string, unknown> = {},
): Promise<TicketProblem[]> {
  const { payload, errors } = await mutate(supergraph, "createHelpdeskTicket", changes);
  expect(errors).toBeUndefined();
  return payload?.problems ?? [];
}

function inMood(mood: Parameters<Federated["sandbox"]["setMood"]>[0]) {
  return ({ supergraph }: Scene) => {
    supergraph.sandbox.setMood(mood, { times: 1 });
    return problemsOfCreate(supergraph);
  };
}

async function submissionOf(supergraph: Federated): Promise<string> {
  const { payload } = await mutate(supergraph, "createHelpdeskTicket");
  return payload?.submission?.id ?? "";
}

function problemsOfResolve(
  supergraph: Federated,
  submissionId: string,
  verdict: Pick<ResolveTicketSubmissionInput, "verdict" | "ticketId"> = { verdict: "NOT_CREATED" },
): Promise<TicketProblem[]> {
  const input = { submissionId, note: "Looked for it", ...verdict };
  return problemsOfChange(supergraph, ResolveTicketSubmissionDocument, input);
}

async function problemsOfChange(supergraph: Federated, document: DocumentNode, input: object) {
  const query = print(document).replace("problems {", "problems { retryable retryAfterSeconds ");
  const { data, errors } = await postQuery(supergraph, query, { input });
  expect(errors).toBeUndefined();
  const [change] = Object.values(data as Record<string, { problems: TicketProblem[] }>);
  return change!.problems;
}
