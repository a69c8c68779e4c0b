import { describe, expect, test } from "vitest";
import { type Client, clientOf } from "../support/client.ts";
import { EVERY_SCOPE, ROUTER, TRUSTS_ROUTER, callerOf, credentials, startIssuer } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";
import { type Sql, sqlOn } from "../support/sql.ts";

/** A person who uses the application "the-app", in both ways to identify callers. */
type As = (service: Service, person: string | undefined) => Promise<Client>;

const WAYS = ["on", "router"] as const;

async function startWithAuth(way: (typeof WAYS)[number], ledgerUrl: string) {
  await using opening = new AsyncDisposableStack();
  const issuer = opening.use(await startIssuer());
  const config = way === "on" ? issuer.auth : TRUSTS_ROUTER;
  const service = opening.use(await startService({ config, ledgerUrl }));
  const app = { ...ROUTER, "x-client-id": "the-app", "x-scopes": EVERY_SCOPE };
  const as: As = async ({ url }, sub) =>
    way === "on"
      ? clientOf(url, credentials(await issuer.token({ sub })))
      : clientOf(url, { ...app, ...(sub && { "x-user-id": sub }) });
  const opened = opening.move();
  return { service, as, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const persons = async (sql: Sql) =>
  (await sql.run("SELECT requested_by FROM submissions ORDER BY id")).map((row) => row["requested_by"]);

describe("the person", () => {
  test.each(WAYS)("MUST be recorded beside the client, with AUTH=%s", async (way) => {
    await using place = await placeFor("PostgreSQL");
    await using scene = await startWithAuth(way, place.url);
    const { service, as } = scene;
    service.sandbox.setMood("cut-after", { times: 1 });

    const { payload } = await mutate(await as(service, "siti"), "createVoiceTicket");
    const submissionId = payload?.submission?.id ?? "";
    await postResolution(await as(service, "budi"), submissionId);
    await mutate(await as(service, undefined), "createHelpdeskTicket");

    await using sql = await sqlOn(place);
    expect(await persons(sql)).toEqual(["siti", null]);
    expect(await sql.run("SELECT resolved_by, by_person FROM resolutions")).toEqual([
      { resolved_by: "the-app", by_person: "budi" },
    ]);
    expect(service.operations).toMatchObject([
      { fields: ["createVoiceTicket"], client: "the-app", person: "siti" },
      { fields: ["resolveTicketSubmission"], client: "the-app", person: "budi" },
      { fields: ["createHelpdeskTicket"], client: "the-app", person: null },
    ]);
    expect(service.events).toContainEqual({
      event: "submission.resolved",
      submissionId,
      verdict: "CREATED",
      by: "the-app",
      byPerson: "budi",
      isCorrection: false,
      superseded: [],
    });
  });

  test("MUST stay the one who asked first, when another one repeats the request", async () => {
    await using place = await placeFor("PostgreSQL");
    await using scene = await startWithAuth("router", place.url);
    const { service, as } = scene;
    const input = { idempotencyKey: "a-key-of-two-persons" };
    service.sandbox.setMood("unauthorized", { times: 1 });

    await mutate(await as(service, "siti"), "createVoiceTicket", input);
    const { payload } = await mutate(await as(service, "budi"), "createVoiceTicket", input);

    await using sql = await sqlOn(place);
    expect(payload).toMatchObject({ submission: { state: "CONFIRMED" } });
    expect(await persons(sql)).toEqual(["siti"]);
  });
});

describe("the person of a token", () => {
  test.each<[string, Record<string, unknown>, string | null]>([
    ["its subject", { sub: "cn=Siti Rahayu,ou=Manado" }, "cn=Siti Rahayu,ou=Manado"],
    ["nobody, without a subject", {}, null],
    ["nobody, when the application got it for itself", { sub: "the-app" }, null],
    ["nobody, when the subject is no text", { sub: 5 }, null],
    ["nobody, when the subject is longer than 255 characters", { sub: "s".repeat(256) }, null],
    ["nobody, when the subject holds a line end", { sub: "siti\n{}" }, null],
    ["nobody, when the subject holds a control that reorders text", { sub: "siti\u202e" }, null],
  ])("MUST be %s, whatever headers say", async (_, claims, person) => {
    await using issuer = await startIssuer();
    await using service = await startService({ config: issuer.auth });

    const headers = { "x-client-id": "another", "x-user-id": "budi" };

    const caller = await callerOf(service, issuer, claims);
    await caller.post('{"query":"{ __typename }"}', headers);

    expect(service.operations).toMatchObject([{ client: "the-app", person }]);
  });
});

function postResolution(client: Client, submissionId: string) {
  const query = `mutation ($input: ResolveTicketSubmissionInput!) {
    resolveTicketSubmission(input: $input) { problems { code } }
  }`;
  const input = { submissionId, verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bd9d5", note: "Found it" };
  return client.post(JSON.stringify({ query, variables: { input } }));
}
