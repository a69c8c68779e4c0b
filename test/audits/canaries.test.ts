import { createGunzip } from "node:zlib";
import { randomUUID } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERRORS, PROBLEMS } from "../../src/errors.ts";
import { MOODS } from "../../sandbox/moods.ts";
import { type Mood, type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { operate } from "../operator/operator-process.ts";
import { type RunningBuild, startBuild } from "../support/build.ts";
import { type Client, announce, clientOf, postQuery } from "../support/client.ts";
import { CANARIES, HELPDESK_CANARIES, IDENTITY, SECRETS, STRAY, VOICE_CANARIES, singing } from "../support/canaries.ts";
import { entitiesWith, referringTo, underNames } from "../support/heavy-documents.ts";
import { AUDIENCE, EVERY_SCOPE, type Issuer, startIssuer } from "../support/issuer.ts";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { freePort } from "../support/free-port.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { tlsInFrontOf } from "../support/tls-front.ts";
import { listening, textOf } from "../supergraph/listening.ts";

/** Codes that need many callers, a fault of the service, or an issuer that is down. Tests of http/, graphql/ and identity/ produce them. */
const NOT_BROUGHT_ABOUT = new Set([
  "OVERLOADED",
  "HOST_NOT_SERVED",
  "NOT_ACCEPTABLE",
  "INTERNAL_SERVER_ERROR",
  "AUTHENTICATION_UNAVAILABLE",
]);

/** Beginning of a caller's keys, which are stored as hashes alone. */
const KEY = "kanari-key-of-a-caller";
const NAMED = { "x-client-id": IDENTITY.client, "x-user-id": IDENTITY.person, "x-scopes": `${EVERY_SCOPE} ${STRAY}` };
/** Fields of the log, and a metric, for the application and the person that called. */
const IDENTITY_FIELDS =
  /"(?:client|clientId|person|requestedBy|by|byPerson)":"[^"]*"|^sociomile_invalid_inputs_total\{rule="\w+",client="[^"]*"\}/gm;

const withoutTickets = (text: string): string =>
  text.replaceAll(/"(?:ticket|_entities)":(?:\{[^{}]*\}|\[[^[\]]*\])/g, "");

const isIn = (canary: string, value: unknown): boolean =>
  (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)).includes(canary);

async function tooMuch(client: Client): Promise<void> {
  const { payload } = await mutate(client, "createHelpdeskTicket", { content: "x".repeat(20_000) });
  await postQuery(client, entitiesWith(underNames(15, "content")), referringTo(500, payload!.ticket!.id));
}

async function resolutions(client: Client, doubts: string[]): Promise<void> {
  await giveVerdict(client, STRAY, { verdict: "NOT_CREATED" });
  for (const doubt of doubts) {
    await giveVerdict(client, doubt, { verdict: "NOT_CREATED" });
    await giveVerdict(client, doubt, { verdict: "CREATED", note: `${STRAY}\u0000` });
    for (const _ of ["first", "again"])
      await giveVerdict(client, doubt, { verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bd9d5" });
    await giveVerdict(client, doubt, { verdict: "CREATED", ticketId: STRAY, ticketNumber: STRAY });
  }
}

function giveVerdict(client: Client, submissionId: string | undefined, input: object) {
  return postQuery(
    client,
    `mutation ($input: ResolveTicketSubmissionInput!) {
      resolveTicketSubmission(input: $input) { submission { id state } problems { code message field } }
    }`,
    { input: { submissionId, note: "looked", ...input } },
  );
}

describe.each(["on", "router"] as const)("a whole run in production with AUTH=%s", (auth) => {
  /** Everything that the run produced, by name. */
  const sinks = new Map<string, string>();
  const answers: string[] = [];
  const codes = new Set<string>();

  function keep(text: string): void {
    answers.push(text);
    for (const [, code] of text.matchAll(/"code":"([A-Z_]+)"/g)) codes.add(code!);
  }

  const files = temporaryFiles();
  const { directory } = files;
  const database = join(directory, "ledger.db");
  let issuer: Issuer;
  let sandbox: Sandbox;
  let proxy: Proxy;
  let build: RunningBuild;
  let origin: string;
  let token: string;
  let identityColumns: string[];
  let traces = "";
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    opened.use(files);
    issuer = opened.use(await startIssuer());
    sandbox = await startSandbox({ secret: SECRETS.vendorSecret, knowsAll: true });
    const front = opened.use(await tlsInFrontOf(sandbox));
    opened.defer(() => sandbox.close());
    proxy = opened.use(await startProxy("well", { user: SECRETS.proxyUser, password: SECRETS.proxyPassword }));
    const collector = await listening(0, async (request, response) => {
      traces += await textOf(request.pipe(createGunzip()));
      response.end("{}");
    });
    token = await issuer.token({ jti: SECRETS.tokenId, azp: IDENTITY.client, sub: IDENTITY.person });
    for (const canary of [...token.split(".").slice(1), KEY])
      CANARIES.push({ what: "the token or a key", canary, inTickets: false });
    const management = await freePort();
    const environment = {
      HOST: "127.0.0.1",
      PORT: "0",
      MANAGEMENT_PORT: String(management),
      LOG_LEVEL: "trace",
      SOCIOMILE_BASE_URL: front.url,
      NODE_EXTRA_CA_CERTS: files.write("authorities.pem", front.cert),
      SOCIOMILE_CLIENT_SECRET_KEY: SECRETS.vendorSecret,
      SOCIOMILE_PROXY_URL: proxy.url,
      SOCIOMILE_TIMEOUT_MS: "2500",
      DATABASE_URL: `sqlite:${database}`,
      LEDGER_KEY: SECRETS.ledgerKey,
      ROUTER_SECRET_FILE: files.write("router-secret", SECRETS.routerSecret),
      AUTH: auth,
      AUTH_JWKS_URL: issuer.auth.AUTH_JWKS_URL,
      AUTH_ISSUER: issuer.auth.AUTH_ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      DRAIN_LAG_MS: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: opened.use(collector).url,
    };
    build = opened.use(startBuild(environment, undefined, { cwd: directory }));
    ({ origin } = new URL(await build.startedAt()));
    await drive(management);
  }, 400_000); // two dozen commands
  afterAll(() => opened.disposeAsync());

  /** Uses every part of the service, and keeps everything that it produces. */
  async function drive(management: number): Promise<void> {
    const client = keeping({
      "router-authorization": SECRETS.routerSecret,
      authorization: `Bearer ${token}`,
      ...(auth === "router" && NAMED),
    });
    const doubts: string[] = [];
    await stories(client);
    for (const mood of Object.keys(MOODS) as Mood[]) {
      sandbox.setMood(mood, mood === "slow" ? { delayMs: 50 } : {});
      doubts.push(...(await everyMutation(client, mood)));
      sandbox.setMood("well");
      for (const nth of [1, 2]) await everyMutation(client, `${nth}-after-${mood}`); // so that the circuit breaker stays closed
    }
    await everyMutation(client, "cut-after" satisfies Mood); // the same keys
    for (const mood of ["refuses", "fails", "cuts", "well"] as const) {
      proxy.mood = mood;
      doubts.push(...(await everyMutation(client, `proxy-${mood}`)));
    }
    await resolutions(client, doubts);
    await setAgain(client);
    await queue(client);
    await refusals(client);
    await strangers();
    await commandLine(doubts);
    await brokenLedger(client);
    await sandbox.close();
    await everyMutation(client, "gone");

    for (const name of ["/livez", "/readyz", "/metrics"]) {
      const base = name === "/metrics" ? `http://127.0.0.1:${management}` : origin;
      sinks.set(name, await (await fetch(base + name)).text());
    }
    for (const name of ["cmdline", "comm"]) {
      const path = `/proc/${build.process.pid}/${name}`;
      if (existsSync(path)) sinks.set(`/proc/PID/${name}`, readFileSync(path, "latin1"));
    }
    for (const name of globSync("ledger.db*", { cwd: directory }))
      sinks.set(name, readFileSync(join(directory, name), "latin1"));
    build.process.kill("SIGKILL"); // after a broken ledger a graceful end would take seconds
    const { stdout, stderr } = await build.ended;
    sinks.set("stdout", stdout).set("stderr", stderr).set("traces", traces);
    identityColumns = columnsWithIdentity();
    sinks.set("answers, without tickets", answers.map(withoutTickets).join("\n"));
  }

  function keeping(headers: Record<string, string>): Client {
    const client = clientOf(`${origin}/graphql`, headers);
    const post: Client["post"] = async (body, more) => {
      const answer = await client.post(body, more);
      keep(answer.text);
      return answer;
    };
    return { ...client, post };
  }

  const CHANGES: Record<MutationName, object> = {
    createHelpdeskTicket: { ...HELPDESK_CANARIES, unlessAlreadyOpened: false },
    createVoiceTicket: { ...VOICE_CANARIES, unlessAlreadyOpened: false },
    updateTicketStatus: {},
  };

  /** Runs all three mutations at once. Returns the submissions that are in doubt. */
  async function everyMutation(client: Client, label: string): Promise<string[]> {
    const names = Object.keys(MUTATIONS) as MutationName[];
    const twice = [...names, "createVoiceTicket"] as const; // the last one is repeated before its answer
    const payloads = twice.map(async (name) => {
      const key = { idempotencyKey: `canaries-${label}-${name}` };
      return (await mutate(client, name, { ...CHANGES[name], ...key })).payload;
    });
    return (await Promise.all(payloads)).flatMap((payload) =>
      payload?.submission?.state === "UNCERTAIN" && payload.submission.reason ? [payload.submission.id] : [],
    );
  }

  async function stories(client: Client): Promise<void> {
    await strayCards(client);
    await tooMuch(client);
    for (const name of ["createHelpdeskTicket", "createVoiceTicket"] as const) {
      const idempotencyKey = `canaries-of-${name}`;
      const { payload } = await mutate(client, name, { ...CHANGES[name], idempotencyKey });
      const ticketId = payload?.ticket?.id;
      await mutate(client, name, { ...CHANGES[name], idempotencyKey });
      await mutate(client, name, { ...CHANGES[name], idempotencyKey, content: STRAY });
      await mutate(client, name, { ...CHANGES[name], unlessAlreadyOpened: true });
      await mutate(client, "updateTicketStatus", { ticketId, status: "ON_HOLD" });
      const fields = "id customerName customerEmail customerPhone content subject";
      await postQuery(client, `query ($id: ID!) { ticket(id: $id) { ${fields} } }`, { id: ticketId });
      const { id } = payload!.submission!;
      await postQuery(client, `query ($id: ID!) { ticketSubmission(id: $id) { id state } }`, { id });
      const references = [{ __typename: "Ticket", id: ticketId, customerName: STRAY }];
      await postQuery(client, entitiesWith(fields), { references });
    }
    const find = "query ($reference: TicketReferenceInput!) { ticketsByReference(reference: $reference) { id } }";
    for (const value of [HELPDESK_CANARIES.cardNumber, `${STRAY}\n`])
      await postQuery(client, find, { reference: { type: "HELPDESK_TICKET_NUMBER", value } });
    const node = "node { id reason clientId ticket { id } actions { verdict by note } }";
    await postQuery(client, `{ ticketSubmissions { edges { ${node} } } _service { sdl } }`);
  }

  /** Types a card number into free text, which Sociomile then reports, and into fields that are kept in clear. */
  async function strayCards(client: Client): Promise<void> {
    const { cardNumber } = HELPDESK_CANARIES;
    const stray = `Kartu ${cardNumber.replaceAll(/(\d{4})(?=\d)/g, "$1 ")} tertelan`;
    for (const [name, field, type] of [
      ["createHelpdeskTicket", "content", "HelpdeskTicketDetails"],
      ["createHelpdeskTicket", "customerName", "HelpdeskTicketDetails"],
      ["createVoiceTicket", "subject", "VoiceTicketDetails"],
      ["createVoiceTicket", "firstStreamText", "VoiceTicketDetails"],
    ] as const) {
      const { payload } = await mutate(client, name, { [field]: stray });
      expect(sandbox.received.at(-1)?.body).toContain(stray);
      const ticketId = payload?.ticket?.id;
      const shown = `customerName submitted { ... on ${type} { ${field} } }`;
      await postQuery(client, `query ($id: ID!) { ticket(id: $id) { ${shown} } }`, { id: ticketId });
      await mutate(client, "updateTicketStatus", { ticketId });
    }
    for (const field of ["helpdeskTicketNumber", "branchCode"])
      await mutate(client, "createHelpdeskTicket", { [field]: cardNumber });
    for (const field of ["ticketId", "bsgTicketId", "idempotencyKey"])
      await mutate(client, "updateTicketStatus", { [field]: cardNumber });
  }

  /** Looks at everything with the operators' command line, for people and as JSON, and forgets a ticket. */
  async function commandLine([doubt = ""]: string[]): Promise<void> {
    const [ticketId = ""] = sandbox.tickets.slice(-1).map(({ id }) => id);
    const settings = {
      LEDGER_KEY: SECRETS.ledgerKey,
      ROUTER_SECRET: SECRETS.routerSecret,
      SOCIOMILE_CLIENT_SECRET_KEY: SECRETS.vendorSecret,
      SOCIOMILE_PROXY_URL: proxy.url,
    };
    for (const command of [
      ["list", "--state", "UNCERTAIN"],
      ["list", "--state", "QUEUED"],
      ["show", doubt],
      ["list", "--ticket", ticketId],
      ["customer", "show", "--email", HELPDESK_CANARIES.customerEmail, "--by", "b"],
      ["customer", "show", "--name", VOICE_CANARIES.customerName, "--by", "b"],
      ["actions"],
      ["forget", ticketId, "--by", "b"],
    ])
      for (const args of [command, [...command, "--json"]]) {
        const { code, stdout, stderr } = await operate(`sqlite:${database}`, args, settings);
        const isForgotten = args[0] === "forget" && args.includes("--json"); // by the run before
        expect([args, code]).toEqual([args, isForgotten ? 1 : 0]);
        sinks.set(`the command line: ${args.join(" ")}`, stdout + stderr);
      }
  }

  /** Gives a verdict on a status in doubt, asks for that again, and sets the status again. */
  async function setAgain(client: Client): Promise<void> {
    const input = { ...CHANGES.updateTicketStatus, idempotencyKey: "canaries-set-again" };
    sandbox.setMood("cut-after");
    const { payload } = await mutate(client, "updateTicketStatus", input);
    sandbox.setMood("well");
    await giveVerdict(client, payload?.submission?.id, { verdict: "NOT_CREATED" });
    await mutate(client, "updateTicketStatus", input);
    await mutate(client, "updateTicketStatus");
  }

  /** Hands requests in that stay queued to the end, and takes one back, but none that was sent. */
  async function queue(client: Client): Promise<void> {
    sandbox.setMood("well");
    const { payload: sent } = await mutate(client, "updateTicketStatus");
    sandbox.setMood("unauthorized");
    const cancel =
      "mutation ($id: ID!, $seen: String) { cancelTicketSubmission(input: {submissionId: $id, seen: $seen}) { problems { code } } }";
    let cancelled: string | undefined;
    for (const name of ["createHelpdeskTicket", "createVoiceTicket", "createVoiceTicket"] as const) {
      const later = { whenUnavailable: "DELIVER_LATER", idempotencyKey: `${KEY}-${randomUUID()}` };
      const { payload } = await mutate(client, name, { ...CHANGES[name], ...later });
      await mutate(client, name, { ...CHANGES[name], ...later, content: STRAY });
      cancelled = payload?.submission?.id;
    }
    await postQuery(client, cancel, { id: cancelled, seen: STRAY });
    await postQuery(client, cancel, { id: cancelled });
    await postQuery(client, cancel, { id: sent?.submission?.id });
    await postQuery(client, cancel, { id: STRAY });
  }

  /** Makes every mistake of a caller, with canaries for values and for names. */
  async function refusals(client: Client): Promise<void> {
    for (const name of Object.keys(MUTATIONS) as MutationName[]) {
      for (const field of Object.keys(MUTATIONS[name].example)) {
        const input = { ...CHANGES[name], ...(name === "updateTicketStatus" ? VOICE_CANARIES : {}) };
        for (const wrong of [{ [STRAY]: STRAY }, [STRAY], `${STRAY}\u0000`, `${STRAY} `.repeat(2000), 1.5])
          await mutate(client, name, { ...input, [field]: wrong });
      }
      await mutate(client, name, { ...CHANGES[name], [STRAY]: HELPDESK_CANARIES.cardNumber });
    }
    const card = HELPDESK_CANARIES.cardNumber;
    for (const separator of ["", "-", "_"]) {
      const grouped = card.replaceAll(/(?<=\d)(?=(?:\d{4})+$)/g, separator);
      const key = { idempotencyKey: `claim-${grouped}` };
      await mutate(client, "createHelpdeskTicket", { ...HELPDESK_CANARIES, ...key });
      await client.post('{"query":"{ __typename }"}', {
        "x-request-id": `claim-${grouped}`,
        traceparent: `00-${card.padStart(32, "0")}-00f067aa0ba902b7-01`,
      });
    }
    for (const query of [
      `{ ${STRAY} }`,
      `{ ticket(id: "${STRAY}", ${STRAY}: "${card}") { id } }`,
      "{ ticketSubmissions(first: 100) { edges { node { ticket { submissions(first: 100) { edges { cursor } } } } } } }",
      `{ ticketSubmissions(first: 0, after: "${STRAY}") { edges { cursor } } }`,
      `query ${STRAY}($${STRAY}: ${STRAY}) @${STRAY} { ...${STRAY} }`,
      `subscription ${STRAY} { ${STRAY} }`,
      `{ _entities(representations: [{__typename: "${STRAY}", id: "${card}"}]) { __typename } }`,
      `{ "${STRAY}`,
      `{ ${`${STRAY} `.repeat(3000)} }`,
      `{ ${"__typename ".repeat(11)} }`,
      `{ __typename ${`@${STRAY} `.repeat(21)} }`,
      `${`{${STRAY}`.repeat(9)}${"}".repeat(9)}`,
      `{ ticket(id: "1") { ${Array.from({ length: 16 }, (_, i) => `${STRAY}${i}: id`).join(" ")} } }`,
    ]) {
      await postQuery(client, query);
      const strange = JSON.stringify({ query, operationName: STRAY, variables: { [STRAY]: card } });
      await client.post(strange, { "apollo-federation-include-trace": "ftv1", "x-request-id": `${STRAY}?` });
    }
    for (const body of [
      STRAY,
      `"${STRAY}"`,
      `["${STRAY}"]`,
      `[{"query":"mutation { ${STRAY} }"}]`,
      `[{"query":"{ ${STRAY} }"},{"query":"${STRAY}"}]`,
      `{"${STRAY}":`,
      `{"query":{"${STRAY}":1}}`,
      STRAY.repeat(20_000),
    ]) {
      await client.post(body);
      await client.post(body, { "content-type": `text/${STRAY}` });
    }
    await postQuery(client, "query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }", {
      all: Array.from({ length: 501 }, () => ({ __typename: "Ticket", id: STRAY })),
    });
    await client.post(`{"extensions":{"persistedQuery":{"sha256Hash":"${STRAY}"}}}`);
    await client.post('{"query":"{ __typename }"}', { accept: `text/${STRAY}` });
  }

  /** Calls without credentials, without scopes, and at wrong addresses. */
  async function strangers(): Promise<void> {
    const query = '{ ticket(id: "1") { id } }';
    const router = { "router-authorization": SECRETS.routerSecret };
    const forbidden = await issuer.token({ jti: SECRETS.tokenId, scope: STRAY });
    const expired = await issuer.token({ jti: SECRETS.tokenId, exp: 1, scope: EVERY_SCOPE });
    for (const headers of [
      {},
      { "router-authorization": `${SECRETS.routerSecret}${STRAY}` },
      { "router-authorization": STRAY, authorization: `Bearer ${token}` },
      router,
      { ...router, authorization: `Basic ${SECRETS.tokenId}` },
      { ...router, authorization: `Bearer ${token}${STRAY}` },
      { ...router, authorization: `Bearer ${expired}` },
      { ...router, authorization: `Bearer ${forbidden}` },
      { ...router, "x-client-id": `${STRAY} ${STRAY}`, "x-scopes": EVERY_SCOPE },
      { ...router, "x-client-id": "", "x-scopes": STRAY, "x-user-id": STRAY },
      { ...router, "x-client-id": IDENTITY.client, "x-scopes": STRAY },
      { ...router, "x-client-id": IDENTITY.client, "x-scopes": EVERY_SCOPE, "x-user-id": STRAY.repeat(20) },
    ]) {
      await postQuery(keeping(headers), query);
      await postQuery(keeping(headers), "{ __schema { queryType { name } } _service { sdl } }");
    }
    const inPath = `/graphql/${STRAY}?${STRAY}=${HELPDESK_CANARIES.cardNumber}`;
    for (const path of [`/${STRAY}`, inPath, `//${STRAY}`, `/livez?${STRAY}`, `/graphql?query={${STRAY}}`])
      keep(await (await fetch(origin + path, { headers: router })).text());
    keep((await announce(`${origin}/graphql`, { ...router, "content-length": "9999999" })).text);
  }

  async function brokenLedger(client: Client): Promise<void> {
    using other = new DatabaseSync(database, { timeout: 5000 });
    other.exec("BEGIN EXCLUSIVE");
    await everyMutation(client, "locked");
    other.exec("ROLLBACK");
    other.exec("ALTER TABLE tickets RENAME TO lost");
    await postQuery(client, `{ ticket(id: "${STRAY}") { id } }`);
    other.exec("ALTER TABLE lost RENAME TO tickets");
  }

  function columnsWithIdentity(): string[] {
    using ledger = new DatabaseSync(database);
    const tables = ledger.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const rows = tables.flatMap(({ name }) => ledger.prepare(`SELECT * FROM "${String(name)}"`).all());
    const telling = rows
      .flatMap((row) => Object.entries(row))
      .filter(([, value]) => Object.values(IDENTITY).some((canary) => isIn(canary, value)));
    return [...new Set(telling.map(([column]) => column))].toSorted();
  }

  test("MUST have been complete: every mood, and every code that it can produce", () => {
    const possible = [...Object.keys(PROBLEMS), ...Object.keys(ERRORS)];
    const missed = possible.filter((code) => !codes.has(code) && !NOT_BROUGHT_ABOUT.has(code));
    expect(missed).toEqual([]);
    expect(codes).not.toContain("INTERNAL_SERVER_ERROR");
    const names = ["/metrics", "/livez", "/readyz", "stdout", "stderr", "ledger.db", "ledger.db-wal"];
    names.push(`the command line: list --ticket ${sandbox.tickets.at(-1)?.id}`);
    expect([...sinks.keys()]).toEqual(expect.arrayContaining(names));
    expect(traces).toContain("request.id");
    expect(answers.length).toBeGreaterThan(400);
    expect(build.written.stdout.split("\n").length).toBeGreaterThan(100);
  });

  test("MUST have planted the canaries: Sociomile received them, and returned some of them", () => {
    const received = sandbox.received.map(({ body }) => body).join("\n");
    const ofInputs = CANARIES.filter(({ what }) => /^(?:helpdesk|voice)\.(?!claimDate)/.test(what));
    for (const { what, canary } of ofInputs)
      expect([what, singing(canary, received)]).toEqual([what, expect.arrayContaining(["as it is"])]);
    expect(answers.join("\n")).toContain(VOICE_CANARIES.customerPhone);
  });

  test("MUST NOT have shown a canary anywhere", () => {
    const sung = CANARIES.flatMap(({ what, canary }) =>
      [...sinks]
        // The ledger finds tickets by this id, and an operator the ticket of a doubt by what was submitted.
        .filter(([name]) => !(what === "voice.maskedTicketId" && name.startsWith("ledger.db")))
        .filter(([name]) => !name.startsWith("the command line: show "))
        .flatMap(([name, text]) => singing(canary, text).map((form) => `${what} in ${name}, ${form}`)),
    );

    expect(sung).toEqual([]);
  });

  test("MUST have named the client and the person in their fields of the log, the schema and the ledger, and nowhere else", () => {
    const allowed = build.written.stdout.match(IDENTITY_FIELDS)?.join("\n") ?? "";
    const others = [...sinks].filter(([name]) => !/^(?:ledger\.db|the command line)/.test(name));
    for (const canary of Object.values(IDENTITY)) {
      expect(allowed).toContain(canary);
      const shown = others.flatMap(([name, text]) =>
        singing(canary, text.replaceAll(IDENTITY_FIELDS, "")).map((form) => `${name}, ${form}`),
      );
      expect(shown).toEqual([]);
    }
    expect(identityColumns).toEqual(["client", "client_id", "person", "requested_by"]);
  });

  test("MUST NOT have shown secrets, numbers, and data that Sociomile never returns, not even in a ticket", () => {
    const everything = answers.join("\n");
    const sung = CANARIES.filter(({ inTickets }) => !inTickets).flatMap(({ what, canary }) =>
      singing(canary, everything).map((form) => `${what}, ${form}`),
    );

    expect(sung).toEqual([]);
  });
});

const { routerSecret: secret } = SECRETS;
const { cardNumber: card, customerName } = HELPDESK_CANARIES;

test.each<[string, string, string]>([
  ["as it is", secret, `X-SECRET: ${secret.toUpperCase()}`],
  ["in a URL", secret, `POST /bank-sulut/create?client_secret_key=${encodeURIComponent(secret)} HTTP/1.1`],
  ["in a URL", customerName, `?name=${customerName.replaceAll(" ", "+")}&`],
  ["in base64", secret, Buffer.from(secret).toString("base64")],
  ["in base64", secret, Buffer.from(`a${secret}`).toString("base64url")],
  ["in base64", secret, Buffer.from(`ab${secret}z`).toString("base64")],
  ["in hex", secret, `blob ${Buffer.from(secret).toString("hex")}`],
  ["in groups", card, `card ${card.replaceAll(/(\d{4})/g, "$1 ")}`],
  ["in groups", card, `card ${card.replaceAll(/(\d{4})/g, "$1-")}`],
])("The search for canaries MUST find one that was planted, %s", (form, planted, text) => {
  expect(singing(planted, text)).toContain(form);
  expect(singing(`${planted}0`, text)).toEqual([]);
});
