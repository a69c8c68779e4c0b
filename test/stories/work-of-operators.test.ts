/** Operators look for what waits for them, decide about what they have seen, and see who did what. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { submissionsOf } from "../support/accounts.ts";
import { openDoubt } from "../support/doubts.ts";
import { ENGINES, openAt } from "../support/opened.ts";
import { TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { type Client, clientOf, postQuery } from "../support/client.ts";
import { inputOf, mutate } from "../support/mutations.ts";
import { handIn } from "../support/queued.ts";
import { type ServiceOnLedger, startServiceOn } from "../support/service.ts";

const TICKET = "690d950c5f287ad0ff3bd9d5";

/** A service whose router names callers: Rina and Budi are operators, and the branch asks for tickets. */
async function startWork(engine: (typeof ENGINES)[number]) {
  const service = await startServiceOn(engine, { config: TRUSTS_ROUTER });
  const as = (name: string, scopes: string) =>
    clientOf(service.url, { ...namedWith(scopes, "console"), "x-user-id": name });
  const operator = "submission:read submission:resolve";
  const branch = clientOf(service.url, namedWith("ticket:create", "branch"));
  return { ...service, branch, rina: as("rina", operator), budi: as("budi", operator) };
}

interface Decided {
  submission: { id: string; state: string; version: string };
  problems: { code: string; field: string | null }[];
}

/** Sends a decision. `verb`: of its mutation. */
async function decideAs(by: Client, verb: "cancel" | "resolve" | "retry", input: object): Promise<Decided> {
  const type = verb.replace(/^./, (letter) => letter.toUpperCase());
  const { data } = await postQuery(
    by,
    `mutation ($input: ${type}TicketSubmissionInput!) { decided: ${verb}TicketSubmission(input: $input) {
      submission { id state version } problems { code field } } }`,
    { input },
  );
  return (data as { decided: Decided }).decided;
}

async function versionFor(by: Pick<Client, "post">, id: string): Promise<string> {
  const { data } = await postQuery(by, "query ($id: ID!) { ticketSubmission(id: $id) { version } }", { id });
  return (data as { ticketSubmission: { version: string } }).ticketSubmission.version;
}

/** Hands in a request that Sociomile does not take, so that it waits for a person. */
async function queue({ branch, sandbox }: Pick<ServiceOnLedger, "sandbox"> & { branch: Client }) {
  sandbox.setMood("unauthorized");
  return (await handIn(branch)).submission!.id;
}

async function actionsOf(by: Client, id: string) {
  const query = `query ($id: ID!) { ticketSubmission(id: $id) {
    actions { type verdict ticketId ticketNumber by byPerson at note } resolution { verdict } } }`;
  return ((await postQuery(by, query, { id })).data as { ticketSubmission: object }).ticketSubmission;
}

const codesIn = ({ problems }: Decided) => problems.map(({ code }) => code);

describe.each(ENGINES)("an operator on %s", (engine) => {
  test("MUST find by the fields of a filter together, page by page from both ends, and count", async () => {
    await using work = await startWork(engine);
    const doubts: string[] = [];
    for (const name of ["createHelpdeskTicket", "createVoiceTicket", "createHelpdeskTicket"] as const) {
      doubts.push(await openDoubt(work, name, {}, work.branch));
      await sleep(2); // ids sort by the millisecond
    }
    await mutate(work.branch, "createVoiceTicket");
    const list = async (filter: object | null, orderBy = "CREATED_DESC") =>
      (await submissionsOf(work.rina, filter, { orderBy, first: 2 })).map(({ id }) => id);
    const states = ["UNCERTAIN", "QUEUED"];
    const helpdesk = { states, operation: "CREATE_HELPDESK_TICKET" };
    const [past, future] = ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"];
    const all = {
      ...helpdesk,
      reasons: ["CONNECTION_LOST"],
      clientId: "branch",
      branchCode: "001",
      reference: { type: "HELPDESK_TICKET_NUMBER", value: " 826282 " },
      createdAfter: past,
      createdBefore: future,
      settledAfter: past,
      settledBefore: future,
      isConflicting: false,
    };

    expect(await list({ states })).toEqual(doubts.toReversed());
    expect(await list({ states }, "CREATED_ASC")).toEqual(doubts);
    expect(await list(null)).toHaveLength(4);
    expect(await list({ states: [], operation: null })).toHaveLength(4);
    expect(await list(all, "CREATED_ASC")).toEqual([doubts[0], doubts[2]]);
    for (const other of [
      { states: ["QUEUED"] },
      { reasons: ["OWNER_DIED"] },
      { operation: "UPDATE_TICKET_STATUS" },
      { clientId: "another" },
      { branchCode: "002" },
      { ticketId: TICKET },
      { createdAfter: future },
      { createdBefore: past },
      { settledAfter: future },
      { settledBefore: past },
      { isConflicting: true },
    ])
      expect([other, await list({ ...all, ...other })]).toEqual([other, []]);
    const { data } = await postQuery(
      work.rina,
      `{ all: ticketSubmissionCounts { operation state reason count } some: ticketSubmissionCounts(
        filter: { states: [UNCERTAIN], operation: CREATE_VOICE_TICKET }) { count } }`,
    );
    const lost = { state: "UNCERTAIN", reason: "CONNECTION_LOST" };
    const accepted = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" };
    const { all: counts, some } = data as { all: object[]; some: object[] };
    expect(counts[0]).toEqual({ operation: "CREATE_HELPDESK_TICKET", ...lost, count: 2 });
    expect(counts).toHaveLength(3);
    for (const of of [lost, accepted])
      expect(counts).toContainEqual({ operation: "CREATE_VOICE_TICKET", ...of, count: 1 });
    expect(some).toEqual([{ count: 1 }]);
  });

  test("MUST close only the doubt that was seen: a colleague who is faster has changed it", async () => {
    await using work = await startWork(engine);
    const id = await openDoubt(work, "createVoiceTicket", {}, work.branch);
    const verdict = { submissionId: id, verdict: "CREATED", note: "looked" };
    const before = await versionFor(work.rina, id);

    const faster = await decideAs(work.budi, "resolve", { ...verdict, ticketId: "slip", seen: before });
    const late = await decideAs(work.rina, "resolve", { ...verdict, ticketId: TICKET, seen: before });
    const correction = { ...verdict, ticketId: TICKET, replacesEarlier: true };
    const blind = await decideAs(work.rina, "resolve", { ...correction, seen: before });
    const right = await decideAs(work.rina, "resolve", { ...correction, seen: late.submission.version });

    expect([codesIn(faster), codesIn(late), codesIn(blind), codesIn(right)]).toEqual([
      [],
      ["SUBMISSION_CHANGED"],
      ["SUBMISSION_CHANGED"],
      [],
    ]);
    expect(late.submission).toMatchObject({ id, state: "CONFIRMED", version: faster.submission.version });
    expect(new Set([before, faster.submission.version, right.submission.version]).size).toBe(3);
    expect(right.submission.version).toBe(await versionFor(work.budi, id));
    const empty = await decideAs(work.rina, "resolve", { ...correction, seen: "" });
    expect(empty.problems).toEqual([{ code: "INVALID_INPUT", field: "seen" }]); // no version would be any version
  });

  test("MUST try again and take back only what was seen waiting, and see every change as another version", async () => {
    await using work = await startWork(engine);
    const id = await queue(work);
    const versions = [await versionFor(work.rina, id)];
    await sleep(5); // times are kept in milliseconds

    const retried = await decideAs(work.rina, "retry", { submissionId: id, seen: versions[0] });
    await work.sql.run("UPDATE submissions SET not_before = not_before + 1800000");
    versions.push(retried.submission.version);
    for (const verb of ["retry", "cancel"] as const) {
      const late = await decideAs(work.budi, verb, { submissionId: id, seen: versions[0] });
      expect(late).toMatchObject({ submission: { state: "QUEUED" }, problems: [{ code: "SUBMISSION_CHANGED" }] });
    }
    const cancelled = await decideAs(work.budi, "cancel", { submissionId: id, seen: versions[1] });
    versions.push(cancelled.submission.version);

    expect([codesIn(retried), codesIn(cancelled)]).toEqual([[], []]);
    expect(new Set(versions).size).toBe(3);
    expect(cancelled.submission).toMatchObject({ state: "NOT_EXECUTED", version: await versionFor(work.rina, id) });
    for (const [submissionId, problem] of [
      [id, { code: "SUBMISSION_NOT_QUEUED", field: null }],
      ["unknown", { code: "SUBMISSION_NOT_FOUND", field: "submissionId" }],
      ["a\u0000b", { code: "INVALID_INPUT", field: "submissionId" }],
    ] as const)
      expect((await decideAs(work.rina, "retry", { submissionId })).problems).toEqual([problem]);
    expect(codesIn(await decideAs(work.rina, "cancel", { submissionId: id, seen: versions[0] }))).toEqual([]); // it is done
  });

  test("MUST see who did what to a submission, and its client MUST NOT see who", async () => {
    await using work = await startWork(engine);
    const doubt = await openDoubt(work, "createVoiceTicket", {}, work.branch);
    const queued = await queue(work);
    const verdict = { submissionId: doubt, verdict: "CREATED" };
    await decideAs(work.rina, "resolve", { ...verdict, ticketId: "slip", ticketNumber: "7", note: "found" });
    const mended = { ticketId: TICKET, note: "a slip", replacesEarlier: true };
    await decideAs(work.budi, "resolve", { ...verdict, ...mended });
    await decideAs(work.rina, "retry", { submissionId: queued });
    await work.sql.run("UPDATE submissions SET not_before = not_before + 1800000 WHERE state = 'QUEUED'");
    await decideAs(work.branch, "cancel", { submissionId: queued });
    await using command = await openAt(work.place);
    await command.ledger.forgetSubmission(queued, { by: "command line", byPerson: "Siti" }, "request 114");

    const none = { verdict: null, ticketId: null, ticketNumber: null, note: null };
    const at = expect.stringMatching(/Z$/) as string;
    const [rina, budi] = ["rina", "budi"].map((byPerson) => ({ by: "console", byPerson, at }));
    const created = { verdict: "CREATED", ticketNumber: null };
    const correction = { type: "CORRECTION", ...created, ticketId: TICKET, ...budi, note: "a slip" };
    const first = { type: "VERDICT", ...created, ticketId: "slip", ticketNumber: "7", ...rina, note: "found" };
    expect(await actionsOf(work.rina, doubt)).toEqual({
      actions: [correction, first],
      resolution: { verdict: "CREATED" },
    });
    const forgotten = { by: "command line", byPerson: "Siti", at, note: "request 114" };
    const ofQueued = [
      { ...none, type: "FORGET", ...forgotten },
      { ...none, type: "CANCEL", by: "branch", byPerson: null, at },
      { ...none, type: "RETRY", ...rina },
    ];
    expect(await actionsOf(work.budi, queued)).toEqual({ actions: ofQueued, resolution: null });
    const hidden = { by: null, byPerson: null, note: null };
    expect(await actionsOf(work.branch, queued)).toEqual({
      actions: ofQueued.map((action) => ({ ...action, ...hidden })),
      resolution: null,
    });
  });

  test("MUST get the present version of a submission with the answer that made it", async () => {
    await using work = await startWork(engine);
    const answered: string[] = [];
    for (const later of [false, true]) {
      if (later) work.sandbox.setMood("unauthorized");
      for (const _ of ["made", "reported again"]) {
        const way = later ? { whenUnavailable: "DELIVER_LATER" } : {};
        const input = inputOf("createHelpdeskTicket", { idempotencyKey: `a-key-of-this-${later}`, ...way });
        const { data } = await postQuery(
          work.branch,
          `mutation ($input: CreateHelpdeskTicketInput!) {
            createHelpdeskTicket(input: $input) { submission { id version } } }`,
          { input },
        );
        const { submission } = (data as { createHelpdeskTicket: { submission: Decided["submission"] } })
          .createHelpdeskTicket;
        expect(submission.version).toBe(await versionFor(work.rina, submission.id));
        answered.push(submission.version);
      }
    }
    expect(answered[0]).toBe(answered[1]);
  });

  test("MUST be shown a conflict, which its client and others are not", async () => {
    await using work = await startWork(engine);
    const id = await openDoubt(work, "createVoiceTicket", {}, work.branch);
    await work.sql.run("UPDATE submissions SET conflicting_ticket_id = 'late'");
    const query = "query ($id: ID!) { ticketSubmission(id: $id) { conflictingTicketId } }";
    const shownTo = async (by: Client) => (await postQuery(by, query, { id })).data;

    expect(await shownTo(work.rina)).toEqual({ ticketSubmission: { conflictingTicketId: "late" } });
    expect(await shownTo(work.branch)).toEqual({ ticketSubmission: { conflictingTicketId: null } });
  });
});
