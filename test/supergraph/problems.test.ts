import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS } from "../../src/errors.ts";
import { ResolveTicketSubmissionDocument, type TicketProblemCode } from "../generated/graphql.ts";
import { type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Federated, startFederated } from "./federated.ts";

interface Told {
  code: TicketProblemCode;
  message: string;
  field: string | null;
  retryAfterSeconds: number | null;
}

/** Where a problem of each code comes from, with what is special about it. */
const PROVOKED: Record<TicketProblemCode, { by: (at: Scene) => Promise<Told[]>; tells?: Partial<Told> }> = {
  INVALID_INPUT: {
    by: ({ supergraph }) => create(supergraph, { connectId: " " }),
    tells: { field: "connectId", message: expect.any(String) },
  },
  IDEMPOTENCY_KEY_REUSED: {
    async by({ supergraph }) {
      const idempotencyKey = randomUUID();
      await create(supergraph, { idempotencyKey });
      return create(supergraph, { idempotencyKey, content: "Something else" });
    },
  },
  IN_PROGRESS: {
    async by({ supergraph }) {
      const idempotencyKey = randomUUID();
      supergraph.sandbox.setMood("slow", { times: 1, delayMs: 3000 }); // longer than the service waits for the other call
      const before = supergraph.sandbox.received.length;
      const underWay = create(supergraph, { idempotencyKey });
      await expect.poll(() => supergraph.sandbox.received.length).toBe(before + 1);
      const problems = await create(supergraph, { idempotencyKey });
      await underWay;
      return problems;
    },
    tells: { retryAfterSeconds: expect.any(Number) },
  },
  SOCIOMILE_REJECTED: {
    by: inMood("refuse"),
    tells: { field: "customerName", message: expect.any(String) },
  },
  SOCIOMILE_UNAVAILABLE: { by: inMood("unauthorized") },
  LEDGER_UNAVAILABLE: {
    async by({ supergraph, ledger }) {
      using lock = new DatabaseSync(ledger.url.replace(/^sqlite:/, ""));
      lock.exec("BEGIN IMMEDIATE");
      return await create(supergraph);
    },
  },
  OUTCOME_UNKNOWN: { by: inMood("cut-after") },
  SUBMISSION_NOT_FOUND: {
    by: ({ supergraph }) => rule(supergraph, randomUUID()),
    tells: { field: "submissionId" },
  },
  SUBMISSION_NOT_IN_DOUBT: {
    by: async ({ supergraph }) => rule(supergraph, await submissionOf(supergraph)),
  },
  TOO_EARLY: {
    async by({ supergraph }) {
      supergraph.sandbox.setMood("cut-after", { times: 1 });
      return rule(supergraph, await submissionOf(supergraph));
    },
    tells: { retryAfterSeconds: expect.any(Number) },
  },
};
const CODES = Object.keys(PROVOKED) as TicketProblemCode[];

interface Scene extends AsyncDisposable {
  supergraph: Federated;
  ledger: LedgerPlace;
}

const GATEWAYS = [
  { gateway: "Hive's own masking, its default", redactsErrors: false },
  { gateway: "all errors redacted, Apollo Router's default", redactsErrors: true },
];

describe("problems", () => {
  let scenes: Scene[] = [];
  beforeAll(async () => {
    scenes = await Promise.all(GATEWAYS.map(openScene));
  });
  // All at once: a ledger that was away makes closing wait for seconds, because there may still be something to write.
  afterAll(() => Promise.all(scenes.map((scene) => scene[Symbol.asyncDispose]())));

  test("MUST be provoked here one by one: each code of the schema", () => {
    expect(CODES.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
  });

  test.each(CODES)(
    "MUST be data that tells %s from all others, whatever the gateway does to errors",
    async (code) => {
      const { by, tells } = PROVOKED[code];

      const told = await Promise.all(scenes.map(by));

      const { message, retryable } = PROBLEMS[code];
      expect(told).toMatchObject(GATEWAYS.map(() => [{ code, retryable, message, ...tells }]));
    },
  );

  test("MUST NOT be confused with what is for programmers: an error, which a gateway may redact", async () => {
    const body = JSON.stringify({ query: "{ ticketSubmissions(first: 0) { edges { cursor } } }" });

    const answers = await Promise.all(scenes.map(({ supergraph }) => supergraph.post(body)));

    expect(answers.map(({ errors }) => errors)).toMatchObject([
      [{ message: "first must be from 1 to 100.", extensions: { code: "BAD_USER_INPUT" } }],
      [{ message: "Subgraph errors redacted" }],
    ]);
    expect(answers[1]?.errors?.[0]).not.toHaveProperty("extensions");
  });
});

/** A service of its own for each gateway, so that both can be in a mood at once. */
async function openScene({ redactsErrors }: { redactsErrors: boolean }): Promise<Scene> {
  await using opening = new AsyncDisposableStack();
  const ledger = opening.use(await placeFor("SQLite"));
  const service = { ledgerUrl: ledger.url, sociomile: { timeoutMs: 4000 } };
  const supergraph = opening.use(await startFederated({ redactsErrors, service }));
  const opened = opening.move();
  return { supergraph, ledger, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function create(supergraph: Federated, changes: Record<string, unknown> = {}): Promise<Told[]> {
  const { payload, errors } = await mutate(supergraph, "createHelpdeskTicket", changes);
  expect(errors).toBeUndefined();
  return payload?.problems ?? [];
}

function inMood(mood: Parameters<Federated["sandbox"]["setMood"]>[0]) {
  return ({ supergraph }: Scene) => {
    supergraph.sandbox.setMood(mood, { times: 1 });
    return create(supergraph);
  };
}

async function submissionOf(supergraph: Federated): Promise<string> {
  const { payload } = await mutate(supergraph, "createHelpdeskTicket");
  return payload?.submission?.id ?? "";
}

async function rule(supergraph: Federated, submissionId: string): Promise<Told[]> {
  const input = { submissionId, verdict: "NOT_CREATED", note: "Looked for it, and found none" } as const;
  const query = ResolveTicketSubmissionDocument.toString().replace(
    "retryAfterSeconds",
    "retryAfterSeconds retryable",
  );
  const { data, errors } = await supergraph.post(JSON.stringify({ query, variables: { input } }));
  expect(errors).toBeUndefined();
  return (data as { resolveTicketSubmission: { problems: Told[] } }).resolveTicketSubmission.problems;
}
