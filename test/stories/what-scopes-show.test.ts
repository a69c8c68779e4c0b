/** Each scope shows what its own task needs, and nothing of other clients. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { clientOf } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;
let ticketId: string;
let number: string | null | undefined;
beforeAll(async () => {
  service = await startService({ config: TRUSTS_ROUTER });
  ({ id: ticketId, number } = (await create("omnix", "ticket:create")).payload!.ticket!);
});
afterAll(() => service[Symbol.asyncDispose]());

const callerOf = (clientId: string, scopes: string, person = "budi") =>
  clientOf(service.url, { ...ROUTER, "x-client-id": clientId, "x-scopes": scopes, "x-user-id": person });
const create = (clientId: string, scopes: string, changes: Readonly<Record<string, unknown>> = {}) =>
  mutate(callerOf(clientId, scopes), "createHelpdeskTicket", changes);

async function answerTo(scopes: string, clientId: string, query: string, input: object) {
  const { data } = await callerOf(clientId, scopes).post(JSON.stringify({ query, variables: { input } }));
  return (data as { answer: { submission: Record<string, unknown>; problems: unknown[] } }).answer;
}

describe("ALREADY_OPENED", () => {
  test.each<[who: string, clientId: string, scopes: string, isTold: boolean]>([
    ["its own client", "omnix", "ticket:create", true],
    ["a client with ticket:read", "branch", "ticket:create ticket:read", true],
    ["another client", "branch", "ticket:create", false],
    ["another client with every other scope", "branch", "ticket:create ticket:update submission:read", false],
  ])(
    "MUST tell the id of the ticket, or that the number is taken and no more: %s",
    async (_, clientId, scopes, isTold) => {
      const { payload, text } = await create(clientId, scopes, { unlessAlreadyOpened: true });

      const existingTicket = isTold ? { id: ticketId, number } : null;
      const problems = [{ code: "ALREADY_OPENED" }];
      expect(payload).toMatchObject({ ticket: null, submission: null, existingTicket, problems });
      expect(text.includes(ticketId)).toBe(isTold);
    },
  );
});

describe("submission:resolve alone", () => {
  const REFERENCES =
    "requestedBy ticketId bsgTicketId helpdeskTicketNumber branchComplaintNumber branchCode requestedStatus traceId refusedField";
  const [RESOLVE, CANCEL] = ["resolve", "cancel"].map(
    (verb) => `mutation ($input: ${verb === "cancel" ? "Cancel" : "Resolve"}TicketSubmissionInput!) {
      answer: ${verb}TicketSubmission(input: $input) { submission { id state reason ${REFERENCES} } problems { code } }
    }`,
  ) as [string, string];

  test.each(["resolves", "does not find open"])(
    "MUST show the outcome of what it %s, and none of its references",
    async (how) => {
      const submissionId =
        how === "resolves"
          ? await openDoubt(service, "createHelpdeskTicket", {}, callerOf("omnix", "ticket:create"))
          : (await create("omnix", "ticket:create")).payload?.submission?.id;
      const input = { submissionId, verdict: "CREATED", ticketId: `found-${how.length}`, note: "looked" };

      const { submission } = await answerTo("submission:resolve", "operator", RESOLVE, input);

      const { id, state, reason, ...references } = submission;
      expect([id, state]).toEqual([submissionId, "CONFIRMED"]);
      expect(reason).not.toBe(null);
      expect(Object.values(references).filter((value) => value !== null)).toEqual([]);
    },
  );

  test("MUST NOT show the ticket in another operator's verdict, which the owner and submission:read see", async () => {
    const owner = callerOf("omnix", "ticket:create");
    const submissionId = await openDoubt(service, "createHelpdeskTicket", {}, owner);
    const found = { ticketId: "found-by-rina", ticketNumber: "55123" };
    const input = { submissionId, verdict: "CREATED", ...found, note: "x" };
    const PEEK = RESOLVE.replace(
      "submission {",
      "submission { resolution { verdict ticketId ticketNumber } resolutions { verdict ticketId ticketNumber }",
    );
    await answerTo("submission:resolve submission:read", "operator", RESOLVE, input);

    for (const [client, scopes, isShown] of [
      ["curious", "submission:resolve", false],
      ["curious", "submission:resolve submission:read", true],
      ["omnix", "submission:resolve", true],
    ] as const) {
      const { submission } = await answerTo(scopes, client, PEEK, input);
      const shown = isShown ? found : { ticketId: null, ticketNumber: null };
      const resolution = { verdict: "CREATED", ...shown };
      expect(submission).toMatchObject({ resolution, resolutions: [resolution] });
    }
  });

  test("MUST show none when it cancels", async () => {
    const { payload } = await create("omnix", "ticket:create");
    const input = { submissionId: payload?.submission?.id };

    const foreign = await answerTo("submission:resolve", "operator", CANCEL, input);
    const own = await answerTo("ticket:create", "omnix", CANCEL, input);
    const reader = await answerTo("submission:resolve submission:read", "operator", CANCEL, input);

    expect(foreign.submission).toMatchObject({
      state: "CONFIRMED",
      helpdeskTicketNumber: null,
      requestedBy: null,
    });
    for (const { submission } of [own, reader])
      expect(submission).toMatchObject({ helpdeskTicketNumber: "826282", requestedBy: "budi" });
  });
});
