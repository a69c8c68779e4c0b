import { describe, expect, test } from "vitest";
import { ResolveTicketSubmissionDocument } from "../../examples/generated/graphql.ts";
import { clientOf } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { TRUSTS_ROUTER, callerOf, namedWith, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { startService, startServiceOn } from "../support/service.ts";
import type { Sql } from "../support/sql.ts";

/** A service whose router names callers, and a person who uses the application "the-app". */
async function startForPersons() {
  const service = await startServiceOn("PostgreSQL", { config: TRUSTS_ROUTER });
  const as = (person?: string) => clientOf(service.url, { ...namedWith(), ...(person && { "x-user-id": person }) });
  return { ...service, as };
}

const persons = async (sql: Sql) =>
  (await sql.run("SELECT requested_by FROM submissions ORDER BY id")).map((row) => row["requested_by"]);

describe("the person", () => {
  test("MUST be recorded beside the client", async () => {
    await using service = await startForPersons();
    const submissionId = await openDoubt(service, "createVoiceTicket", {}, service.as("siti"));
    const verdict = { verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bd9d5", note: "Found it" } as const;

    const input = { ...verdict, submissionId };
    await service.as("budi").execute(ResolveTicketSubmissionDocument, { input });
    await mutate(service.as(), "createHelpdeskTicket");

    expect(await persons(service.sql)).toEqual(["siti", null]);
    const actions = await service.sql.run("SELECT client, person FROM actions");
    expect(actions).toEqual([{ client: "the-app", person: "budi" }]);
    expect(service.operations).toMatchObject([
      { fields: ["createVoiceTicket"], client: "the-app", person: "siti" },
      { fields: ["resolveTicketSubmission"], client: "the-app", person: "budi" },
      { fields: ["createHelpdeskTicket"], client: "the-app", person: null },
    ]);
    const resolved = { submissionId, verdict: "CREATED", isCorrection: false };
    const byWhom = { by: "the-app", byPerson: "budi" };
    expect(service.events).toContainEqual({ event: "submission.resolved", ...resolved, ...byWhom });
  });

  test("MUST stay the one who asked first, when another one repeats the request", async () => {
    await using service = await startForPersons();
    const input = { idempotencyKey: "a-key-of-two-persons" };
    service.sandbox.setMood("unauthorized", { times: 1 });

    await mutate(service.as("siti"), "createVoiceTicket", input);
    const { payload } = await mutate(service.as("budi"), "createVoiceTicket", input);

    expect(payload).toMatchObject({ submission: { state: "CONFIRMED" } });
    expect(await persons(service.sql)).toEqual(["siti"]);
  });
});

const OF_NAME = { AUTH_PERSON_CLAIM: "preferred_username" };
test.each<[string, Record<string, unknown>, string | null, claim?: typeof OF_NAME]>([
  ["its subject", { sub: "cn=Siti Rahayu,ou=Manado" }, "cn=Siti Rahayu,ou=Manado"],
  ["nobody, without a subject", {}, null],
  ["nobody, when the application got it for itself", { sub: "the-app" }, null],
  ["the claim of AUTH_PERSON_CLAIM", { sub: "4711", preferred_username: "siti" }, "siti", OF_NAME],
  ["nobody, without that claim", { sub: "4711" }, null, OF_NAME],
])("The person of a token MUST be %s, whatever headers say", async (_, claims, person, claim) => {
  await using issuer = await startIssuer();
  await using service = await startService({ config: { ...issuer.auth, ...claim } });

  const caller = await callerOf(service, issuer, claims);
  await caller.post('{"query":"{ __typename }"}', { "x-client-id": "another", "x-user-id": "budi" });

  expect(service.operations).toMatchObject([{ client: "the-app", person }]);
});

describe("a caller whose person is no 1 to 255 printable ASCII characters MUST be refused as MALFORMED, and not act as nobody", () => {
  const body = '{"query":"{ __typename ticketSubmissions { nodes { id } } }"}';
  const malformed = { outcome: "UNAUTHENTICATED", client: null, person: null, callerRefused: "MALFORMED" };

  test.each<[what: string, person: unknown]>([
    ["not ASCII", "José"],
    ["no text", 5],
    ["longer", "s".repeat(256)],
    ["with a line end", "siti\n{}"],
    ["with a control that reorders text", "siti\u202e"],
    ["with a tab", "si\tti"],
  ])("in a token, and in a header of the router that can hold it: %s", async (_, person) => {
    await using issuer = await startIssuer();
    await using checking = await startService({ config: issuer.auth });
    await using trusting = await startService({ config: TRUSTS_ROUTER });

    await (await callerOf(checking, issuer, { sub: person })).post(body);
    expect(checking.operations).toMatchObject([malformed]);
    if (typeof person !== "string" || /[\n\u0100-\uffff]/.test(person)) return; // no header holds it
    await clientOf(trusting.url, { ...namedWith(), "x-user-id": person }).post(body);
    expect(trusting.operations).toMatchObject([malformed]);
    expect(trusting.events).toContainEqual({ event: "identity.caller_refused", reason: "MALFORMED" });
  });
});
