/** Each scope shows what its own task needs, and nothing of other clients. */
import { beforeAll, describe, expect, test } from "vitest";
import { TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { clientOf } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService({ config: TRUSTS_ROUTER });
let ticketId: string;
let number: string | null | undefined;
beforeAll(async () => {
  ({ id: ticketId, number } = (await create("omnix", "ticket:create")).payload!.ticket!);
});

const scopedClient = (clientId: string, scopes: string) =>
  clientOf(service.url, { ...namedWith(scopes, clientId), "x-user-id": `person-at-${clientId}` });
const create = (clientId: string, scopes: string, changes: Readonly<Record<string, unknown>> = {}) =>
  mutate(scopedClient(clientId, scopes), "createHelpdeskTicket", changes);

async function answerTo(scopes: string, clientId: string, query: string, input: object) {
  const { data } = await scopedClient(clientId, scopes).post(JSON.stringify({ query, variables: { input } }));
  return (data as { answer: { submission: Record<string, unknown>; problems: unknown[] } }).answer;
}

test.each([
  ["its own client", "omnix", "ticket:create", true],
  ["a client with ticket:read", "branch", "ticket:create ticket:read", true],
  ["another client", "branch", "ticket:create", false],
  ["another client with every other scope", "branch", "ticket:create ticket:update submission:read", false],
] as const)("ALREADY_OPENED MUST tell the id of the ticket, or no more: %s", async (_, clientId, scopes, isShown) => {
  const { payload, text } = await create(clientId, scopes, { unlessAlreadyOpened: true });

  const existingTicket = isShown ? { id: ticketId, number } : null;
  const problems = [{ code: "ALREADY_OPENED" }];
  expect(payload).toMatchObject({ ticket: null, submission: null, existingTicket, problems });
  expect(text.includes(ticketId)).toBe(isShown);
});

describe("submission:resolve alone", () => {
  const REFERENCES =
    "requestedBy ticketId bsgTicketId helpdeskTicketNumber branchComplaintNumber branchCode requestedStatus traceId refusedField conflictingTicketId";
  const [RESOLVE, CANCEL] = ["resolve", "cancel"].map(
    (verb) => `mutation ($input: ${verb === "cancel" ? "Cancel" : "Resolve"}TicketSubmissionInput!) {
      answer: ${verb}TicketSubmission(input: $input) { submission { id state reason ${REFERENCES} } problems { code } }
    }`,
  ) as [string, string];

  test.each(["resolves", "does not find open"])("MUST show no reference of what it %s", async (how) => {
    const submissionId =
      how === "resolves"
        ? await openDoubt(service, "createHelpdeskTicket", {}, scopedClient("omnix", "ticket:create"))
        : (await create("omnix", "ticket:create")).payload?.submission?.id;
    const input = { submissionId, verdict: "CREATED", ticketId: `found-${how.length}`, note: "looked" };

    const { submission } = await answerTo("submission:resolve", "operator", RESOLVE, input);

    const { id, state, reason, ...references } = submission;
    expect([id, state]).toEqual([submissionId, "CONFIRMED"]);
    expect(reason).not.toBe(null);
    expect(Object.values(references).filter((value) => value !== null)).toEqual([]);
  });

  test("MUST NOT show ticket, name and note of another operator's verdict; submission:read shows all, the owner sees the ticket", async () => {
    const owner = scopedClient("omnix", "ticket:create");
    const submissionId = await openDoubt(service, "createHelpdeskTicket", {}, owner);
    const ticket = { ticketId: "found-by-rina", ticketNumber: "55123" };
    const by = { resolvedBy: "operator", resolvedByPerson: "person-at-operator", note: "seen by Rina" };
    const input = { submissionId, verdict: "CREATED", ...ticket, note: by.note };
    const fields = `verdict ${Object.keys({ ...ticket, ...by }).join(" ")}`;
    const ofAction = fields.replace("resolvedByPerson", "byPerson").replace("resolvedBy", "by");
    const PEEK = RESOLVE.replace(
      "submission {",
      `submission { ticket { id } resolution { ${fields} } actions { ${ofAction} }`,
    );
    await answerTo("submission:resolve submission:read", "operator", RESOLVE, input);

    const nothing = Object.fromEntries(Object.keys({ ...ticket, ...by }).map((field) => [field, null]));
    for (const [client, scopes, shown] of [
      ["curious", "submission:resolve", {}],
      ["curious", "submission:resolve submission:read", { ...ticket, ...by }],
      ["omnix", "submission:resolve", ticket],
    ] as const) {
      const { submission } = await answerTo(scopes, client, PEEK, input);
      const resolution = { ...nothing, verdict: "CREATED", ...shown };
      const { resolvedBy, resolvedByPerson: byPerson, ...found }: Record<string, unknown> = resolution;
      const actions = [{ ...found, by: resolvedBy, byPerson }];
      expect(submission).toMatchObject({ ticket: null, resolution, actions });
    }
  });

  test("MUST show none when it cancels", async () => {
    const { payload } = await create("omnix", "ticket:create");
    const input = { submissionId: payload?.submission?.id };

    const foreign = await answerTo("submission:resolve", "operator", CANCEL, input);
    const own = await answerTo("ticket:create", "omnix", CANCEL, input);
    const reader = await answerTo("submission:resolve submission:read", "operator", CANCEL, input);

    const none = { helpdeskTicketNumber: null, requestedBy: null };
    expect(foreign.submission).toMatchObject({ state: "CONFIRMED", ...none });
    for (const { submission } of [own, reader])
      expect(submission).toMatchObject({ helpdeskTicketNumber: "826282", requestedBy: "person-at-omnix" });
  });
});
