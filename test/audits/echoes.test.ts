import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IDENTITY, singing } from "../support/canaries.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import {
  EVERY_SCOPE,
  ROUTER,
  ROUTER_SECRET,
  TRUSTS_ROUTER,
  credentials,
  startIssuer,
} from "../support/issuer.ts";
import { type Service, startService } from "../support/service.ts";

/** Numbers of cases in each way to reach the service; the seed makes a run repeatable. ECHO_SEED and ECHO_FACTOR change them. */
const SEED = Number(process.env["ECHO_SEED"] ?? 20_251_125);
const FACTOR = Number(process.env["ECHO_FACTOR"] ?? 1);
const VARIABLE_SETS = 1600 * FACTOR;
const DOCUMENTS = 700 * FACTOR;
const AT_ONCE = 16;
const TIMEOUT_MS = 120_000 * FACTOR;

interface Reached extends AsyncDisposable {
  service: Service;
  headers: Record<string, string>;
  /** Secrets and identities of this way, which no answer may hold. */
  hidden: readonly string[];
}

/** Headers of a router that authenticates callers itself. */
const NAMED = { ...ROUTER, "x-client-id": IDENTITY.client, "x-user-id": IDENTITY.person };

/** Ways to reach the service. */
const WAYS: Record<string, () => Promise<Reached>> = {
  "production, with a token": withToken,

  "production, with AUTH=router": async () => {
    const service = await startService({ config: TRUSTS_ROUTER });
    return {
      service,
      headers: { ...NAMED, "x-scopes": EVERY_SCOPE },
      hidden: [ROUTER_SECRET, ...Object.values(IDENTITY)],
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

async function withToken(): Promise<Reached> {
  await using opening = new AsyncDisposableStack();
  const issuer = opening.use(await startIssuer());
  const service = opening.use(await startService({ config: issuer.auth }));
  const headers = credentials(await issuer.token({ azp: IDENTITY.client, sub: IDENTITY.person }));
  const opened = opening.move();
  return {
    service,
    headers,
    hidden: [...Object.values(headers), ...Object.values(IDENTITY)],
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Data of a customer, and a name that no schema has. Each case has its own. */
interface Canary {
  card: string;
  person: string;
  email: string;
  name: string;
}

const canary: fc.Arbitrary<Canary> = fc
  .tuple(fc.integer({ min: 1e14, max: 9e14 }), fc.stringMatching(/^[a-z]{8}$/))
  .map(([digits, word]) => ({
    card: `4${digits}`,
    person: `Kanari ${word}`,
    email: `kanari.${word}@example.com`,
    name: `kanari_${word}`,
  }));

interface Case {
  canary: Canary;
  request: Record<string, unknown>;
}

const PAYLOAD = "{ ticket { kind } submission { state reason } problems { code message field traceId } }";
const mutation = (name: string, type: string, payload = PAYLOAD) =>
  `mutation ($input: ${type}!) { ${name}(input: $input) ${payload} }`;
const CURSOR = Buffer.from("0199f3a1-0000-7000-8000-000000000000").toString("base64url");
const page = "{ edges { node { state } } pageInfo { hasNextPage } }";

/** Operations with variables that fit. Their answers select nothing that repeats an input on purpose. */
const FITTING: [query: string, variables: Record<string, unknown>][] = [
  [mutation("createHelpdeskTicket", "CreateHelpdeskTicketInput"), { input: HELPDESK_TICKET }],
  [mutation("createVoiceTicket", "CreateVoiceTicketInput"), { input: VOICE_TICKET }],
  [mutation("updateTicketStatus", "UpdateTicketStatusInput"), { input: STATUS_CHANGE }],
  [
    mutation(
      "resolveTicketSubmission",
      "ResolveTicketSubmissionInput",
      "{ submission { state } problems { code message field } }",
    ),
    { input: { submissionId: "1", verdict: "NOT_CREATED", note: "seen" } },
  ],
  ["query ($id: ID!) { ticket(id: $id) { kind } ticketSubmission(id: $id) { state } }", { id: "1" }],
  [
    `query ($state: TicketSubmissionState, $first: Int! = 5, $after: String) {
      ticketSubmissions(state: $state, first: $first, after: $after) ${page}
    }`,
    { state: "UNCERTAIN", first: 1, after: CURSOR },
  ],
  [
    "query ($all: [_Any!]!) { _entities(representations: $all) { ... on Ticket { kind } } }",
    { all: [{ __typename: "Ticket", id: "1" }] },
  ],
];

/** Values in place of a fitting one. */
const misfit = ({ card, person, email, name }: Canary): fc.Arbitrary<unknown> =>
  fc.constantFrom<unknown>(
    card,
    person,
    email,
    name,
    Number(card),
    Number(card) + 0.5,
    [card],
    [[person], { [name]: email }],
    { [name]: card },
    { [card]: person, [email]: null },
    `${person}\u0000`,
    `${card.slice(0, 8)} ${card.slice(8)}`,
    `${email} `.repeat(400),
    `2025-13-45 ${person}`,
    { __typename: person, id: card },
    null,
    true,
  );

/** Keys that the schema does not have. */
const strange = ({ card, person, email, name }: Canary) =>
  fc.constantFrom(name, card, email, person, "__proto__");

function changedVariables(
  fitting: Record<string, unknown>,
  marks: Canary,
): fc.Arbitrary<Record<string, unknown>> {
  const [outer, inner] = Object.entries(fitting)[0]!;
  const fields = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : undefined;
  const keys = Object.keys(fields ?? fitting);
  const changes = fc.dictionary(fc.oneof(fc.constantFrom(...keys), strange(marks)), misfit(marks), {
    minKeys: 1,
    maxKeys: 2,
    noNullPrototype: true,
  });
  const within = changes.map((changed) =>
    fields ? { [outer]: { ...fields, ...changed } } : { ...fitting, ...changed },
  );
  const whole = misfit(marks).map((value) => ({ [outer]: value, [marks.name]: marks.card }));
  return fc.oneof({ weight: 5, arbitrary: within }, { weight: 1, arbitrary: whole });
}

const variableSets: fc.Arbitrary<Case> = canary.chain((marks) =>
  fc
    .constantFrom(...FITTING)
    .chain(([query, fitting]) => changedVariables(fitting, marks).map((variables) => ({ query, variables })))
    .map((request) => ({ canary: marks, request })),
);

/** Documents that fit, in tokens. */
const SOURCES = [
  `mutation M { updateTicketStatus(input: {ticketId: "1", bsgTicketId: "1", status: OPEN}) ${PAYLOAD} }`,
  `mutation { createVoiceTicket(input: {customerPhone: "08", customerEmail: "a@b.id", customerName: "A", content: "c", connectId: "1"}) ${PAYLOAD} }`,
  `query Q($id: ID = "1", $on: Boolean! = true) { ticket(id: $id) @include(if: $on) { ...T } } fragment T on Ticket { kind status }`,
  `{ ticketSubmissions(state: UNCERTAIN, first: 5, after: "${CURSOR}") ${page} }`,
  `{ _entities(representations: [{__typename: "Ticket", id: "1"}]) { ... on Ticket { kind } } __type(name: "Ticket") { kind } }`,
].map((source) => source.match(/\.\.\.|"[^"]*"|[$@]?\w+|[^\s\w]/g) ?? []);

/** Text that is no value of GraphQL, or none that fits anywhere. */
const brokenToken = ({ card, person, email, name }: Canary) =>
  fc.constantFrom(
    `"${card}" "${person}"`,
    `"""${email}" """`,
    `${card}x`,
    `${card}e`,
    `'${person}'`,
    `“${person}”`,
    `# ${person}\n`,
    `"${person}`,
    `"\\u{${card}}"`,
    `"\\k${person}"`,
    `@${name}(if: "${card}")`,
    `...${name}`,
    `(${name}: ${card})`,
    `{ ${name} }`,
    "",
  );

const valueToken = ({ card, person, email, name }: Canary) =>
  fc.constantFrom(
    `"${person}"`,
    `"${card}"`,
    `"""${email} "and" ${person}"""`,
    card,
    `-${card}.5`,
    `${card}e400`,
    name,
    `[${card}, "${person}"]`,
    `{${name}: "${card}"}`,
    `{ticketId: "${card}", bsgTicketId: ["${person}"], status: ${name}}`,
    `{ticketId: "${card}", ticketId: "${person}"}`,
    `$${name}`,
  );

/** Puts a canary in place of a token: of a kind that can stand there, or of any other kind. */
function edit(tokens: readonly string[], marks: Canary): fc.Arbitrary<(document: string[]) => void> {
  const replace = (kind: RegExp, token: fc.Arbitrary<string>) => {
    const places = [...tokens.keys()].filter((i) => kind.test(tokens[i]!));
    return fc.tuple(fc.constantFrom(...places), token).map(
      ([at, by]) =>
        (document: string[]) =>
          void (document[at] = by),
    );
  };
  const { name } = marks;
  return fc.oneof(
    { weight: 6, arbitrary: replace(/^["\d]|^[A-Z]+$|^true$/, valueToken(marks)) },
    { weight: 3, arbitrary: replace(/^\w+$/, fc.constantFrom(name, `${name}: __typename`)) },
    { weight: 1, arbitrary: replace(/./, fc.constantFrom(`$${name}`, `@${name}`)) },
    { weight: 2, arbitrary: replace(/./, brokenToken(marks)) },
  );
}

const documents: fc.Arbitrary<Case> = canary.chain((marks) => {
  const query = fc.constantFrom(...SOURCES).chain((tokens) =>
    fc.array(edit(tokens, marks), { minLength: 1, maxLength: 2 }).map((edits) => {
      const document = [...tokens];
      for (const change of edits) change(document);
      return document.join(" ");
    }),
  );
  const strangers = fc.record(
    {
      operationName: fc.constantFrom(marks.name, marks.person, marks.card),
      variables: fc.constantFrom(
        { [marks.name]: marks.card, id: marks.person },
        { id: { [marks.email]: marks.card } },
      ),
      extensions: fc.constant({ [marks.person]: marks.card }),
    },
    { requiredKeys: [] },
  );
  return fc
    .tuple(query, fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: strangers }))
    .map(([document, others]) => ({ canary: marks, request: { query: document, ...others } }));
});

/** Everything in an answer that the service says. Keys of data and the path hold the caller's aliases, as the specification demands. */
function said(text: string): string {
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown };
  return JSON.stringify([valuesIn(data), errors], (key, value: unknown) =>
    key === "path" ? undefined : value,
  );
}

function valuesIn(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(valuesIn) : [value];
}

describe.each(Object.entries(WAYS))("%s", (way, reach) => {
  let reached: Reached;
  beforeAll(async () => void (reached = await reach()));
  afterAll(() => reached[Symbol.asyncDispose]());

  test.each<[string, fc.Arbitrary<Case>, number]>([
    ["sets of variables", variableSets, VARIABLE_SETS],
    ["documents", documents, DOCUMENTS],
  ])("MUST NOT repeat a canary of %s", { timeout: TIMEOUT_MS }, async (what, arbitrary, numRuns) => {
    const { service, headers, hidden: always } = reached;
    const cases = fc.sample(arbitrary, { seed: SEED, numRuns });
    const echoes: unknown[] = [];
    const counts: Record<string, number> = {};

    for (let from = 0; from < cases.length; from += AT_ONCE) {
      const answers = cases.slice(from, from + AT_ONCE).map(async ({ canary: planted, request }) => {
        const { text, errors } = await service.post(JSON.stringify(request), headers);
        const outcome = errors?.[0]?.extensions.code ?? "answered";
        counts[outcome] = (counts[outcome] ?? 0) + 1;
        const hidden = [...always, ...Object.values(planted)];
        const forms = hidden.flatMap((mark) => singing(mark, said(text)));
        if (forms.length > 0) echoes.push({ request, text, forms });
      });
      await Promise.all(answers);
    }

    console.info(`${way}: ${cases.length} ${what}, seed ${SEED}, ${echoes.length} echoes`, counts);
    expect(echoes).toEqual([]);
    expect(counts).not.toHaveProperty("INTERNAL_SERVER_ERROR");
    const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();
    // One metric names the application that called; and a sum of seconds such as 0.4899999999999994 looks like a card.
    const observed =
      JSON.stringify(service.events) +
      metrics.replaceAll(/^sociomile_creates_without_key.*$| \d+\.\d+$/gm, "");
    const marks = [...always, ...cases.flatMap(({ canary: planted }) => Object.values(planted))];
    expect(marks.filter((mark) => observed.includes(mark))).toEqual([]);
  });
});
