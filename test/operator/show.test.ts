/** Searches of an operator: tickets and submissions by a number, actions of a time, and Sociomile's words, which nobody else gets. */
import { describe, expect, test } from "vitest";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startOperatedService } from "./operator-process.ts";

describe.each(ENGINES)("an operator beside a service on %s", (engine) => {
  test("MUST find a ticket and its submissions by every number and id, and see tables of them, or a sentence about nothing", async () => {
    await using service = await startOperatedService(engine);
    const helpdesk = (await mutate(service, "createHelpdeskTicket")).payload!;
    const voice = (await mutate(service, "createVoiceTicket")).payload!;
    const [ticket, call] = [helpdesk.ticket!.id, voice.ticket!.id];
    const update = (await mutate(service, "updateTicketStatus", { ticketId: ticket })).payload!;

    const found = new Map<string, unknown>();
    for (const [option, value] of [
      ["helpdesk-number", " 826282\u200b "],
      ["branch-complaint-number", HELPDESK_TICKET.branchComplaintNumber],
      ["bsg-id", STATUS_CHANGE.bsgTicketId],
      ["sociomile-number", helpdesk.ticket!.number!],
      ["ticket", ticket],
      ["source-id", VOICE_TICKET.sourceTicketId!],
      ["masked-id", VOICE_TICKET.maskedTicketId!],
    ] as const)
      found.set(option, await service.json("list", `--${option}`, String(value)));

    const ofHelpdesk = {
      tickets: [{ id: ticket, kind: "HELPDESK", status: "OPEN", statusInDoubt: null }],
      submissions: [{ id: update.submission!.id }, { id: helpdesk.submission!.id }],
      next: null,
    };
    const ofVoice = { tickets: [{ id: call, kind: "VOICE" }], submissions: [{ id: voice.submission!.id }] };
    for (const [option, report] of found)
      expect([option, report]).toMatchObject([option, /source|masked/.test(option) ? ofVoice : ofHelpdesk]);
    const { stdout } = await service.run("list", "--ticket", call);
    expect(stdout).toMatch(new RegExp(`^${call} +${voice.ticket!.number} +VOICE .*Z$`, "m"));
    const line = `^${voice.submission!.id} +\\d+ s +CONFIRMED +source .* ticket ${call} +CREATE_VOICE_TICKET +ACCEPTED_BY_SOCIOMILE$`;
    expect(stdout).toMatch(new RegExp(line, "m"));
    const nothing = { code: 0, stdout: "There is no such submission or ticket.\n", stderr: "" };
    expect(await service.run("list", "--source-id", "unknown")).toEqual(nothing);
  });

  test("MUST forget tickets once, each with an event, and be refused for ids about which nothing is known", async () => {
    await using service = await startOperatedService(engine);
    const { ticket, submission } = (await mutate(service, "createHelpdeskTicket")).payload!;
    const other = (await mutate(service, "createVoiceTicket")).payload!.ticket!;

    const first = await service.run("forget", ticket!.id, "unknown", other.id, ticket!.id, "--by", "Rina");
    const second = await service.run("forget", ticket!.id, "--by", "Rina", "--json");

    const ids = [ticket!.id, other.id];
    expect(first).toMatchObject({
      code: 1,
      stdout: `forgotten  ${ids.join(" ")}\nunknown    unknown\n`,
    });
    const lines = first.stderr.trim().split("\n");
    expect(lines.slice(0, 2).map((line) => JSON.parse(line) as object)).toMatchObject(
      ids.map((ticketId) => ({ event: "ticket.forgotten", ticketId, by: "Rina" })),
    );
    expect(lines.slice(2)).toEqual(["Refused: Nothing was known about unknown."]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing was known") });
    expect(JSON.parse(second.stdout)).toEqual({ forgotten: [], unknown: [ticket!.id] });
    expect((await service.execute(TicketDocument, { id: ticket!.id })).data.ticket).toBe(null);
    const left = await service.json("list", "--helpdesk-number", "826282");
    expect(left).toMatchObject({ tickets: [], submissions: [{ id: submission!.id }] });
  });
});

test.each(ENGINES)("The actions of a time, submission or ticket on %s MUST be listed in order", async (engine) => {
  await using service = await startOperatedService(engine);
  const doubt = () => service.doubt("createVoiceTicket");
  const [first, second] = [await doubt(), await doubt()];
  const queued = await service.queue("createHelpdeskTicket");
  await service.age(60);
  const resolve = (id: string, by: string, note: string) =>
    service.run("resolve", id, "--not-created", "--note", note, "--by", by);
  await resolve(second, "Rina", "looked");
  await resolve(first, "Budi", "=1+1, said Siti");
  const ticketId = "690d950c5f287ad0ff3bd9t1";
  await service.run("resolve", "--correct", first, "--created", ticketId, "--note", "found it", "--by", "Rina");
  await service.run("retry", queued, "--by", "Dewi");
  await service.run("cancel", queued, "--by", "Dewi");
  const move = (nth: number, at: string) =>
    service.sql.run("UPDATE actions SET at = ? WHERE nth = ?", Date.parse(at), nth);
  await move(1, "2026-03-20T09:00:00Z");
  await move(2, "2026-03-10T09:00:00Z");

  const march = ["--from", "2026-03-10T09:00Z", "--to", "2026-03-20T09:00:00.001Z"];
  const shown = { kind: "VERDICT", client: "command line", verdict: "NOT_CREATED" };
  const ofRina = { ...shown, nth: 1, person: "Rina", subjects: [second] };
  const ofBudi = { ...shown, nth: 2, person: "Budi", subjects: [first], note: "=1+1, said Siti" };
  const about = [first, ticketId].toSorted();
  const corrected = { nth: 3, kind: "CORRECTION", verdict: "CREATED", ticketId, subjects: about };
  const ofDewi = { person: "Dewi", subjects: [queued], verdict: null, note: null };
  const last = [
    { ...ofDewi, nth: 4, kind: "RETRY" },
    { ...ofDewi, nth: 5, kind: "CANCEL" },
  ];
  expect(await service.json("actions", ...march)).toMatchObject({ actions: [ofRina, ofBudi] });
  const until = ["--from", "2026-03-10T09:00Z", "--to", "2026-03-20T09:00Z"];
  expect(await service.json("actions", ...until)).toMatchObject({ actions: [ofBudi] });
  expect(await service.json("actions")).toMatchObject({ actions: [ofRina, ofBudi, corrected, ...last] });
  expect(await service.json("actions", first)).toMatchObject({ actions: [ofBudi, corrected] });
  expect(await service.json("actions", ticketId)).toMatchObject({ actions: [corrected] });
  const { stdout } = await service.run("actions", ...march);
  expect(stdout).toMatch(/^AT +KIND +BY +NOTE +VERDICT +SUBJECTS$/m);
  const row = `^2026-03-10T09:00:00Z +VERDICT +Budi \\(typed\\) +=1\\+1, said Siti +NOT_CREATED +${first}$`;
  expect(stdout).toMatch(new RegExp(row, "m"));
  const none = ["actions", "--to", "2026-03-10T09:00Z"];
  expect((await service.run(...none)).stdout).toBe("There are no actions.\n");
});

/** Sentence of the sandbox in its mood `error-200`. */
const SENTENCE = "Something went wrong";
const SITI = { customerName: "Siti Nurhalimah", connectId: "siti.n@example.com" };

describe.each(ENGINES)("Sociomile's words, in a ledger on %s", (engine) => {
  test("MUST be shown with their submission, and in groups, but in no answer of the API and no event", async () => {
    await using service = await startOperatedService(engine);
    service.sandbox.setMood("error-200");
    const { payload, text } = await mutate(service, "createHelpdeskTicket", SITI);
    await mutate(service, "createVoiceTicket");
    const queued = await service.queue("createVoiceTicket");
    service.sandbox.setMood("well");

    const { id } = payload!.submission!;
    const said = { answerStatus: 200, answerContentType: "application/json", answerMessage: SENTENCE };
    expect(await service.shown(id)).toMatchObject(said);
    expect((await service.run("show", id)).stdout).toMatch(/^answerMessage +Something went wrong$/m);
    expect(await service.shown(queued)).toMatchObject({ answerMessage: "Unauthorized" });
    // It shows the customer too, by which an operator finds the ticket in Sociomile, and leaves a record of that.
    expect(await service.shown(id)).toMatchObject({ submitted: { customerName: SITI.customerName } });
    const { actions } = (await service.json("actions", id)) as { actions: { kind: string }[] };
    expect(actions.map(({ kind }) => kind)).toEqual(["SHOW", "SHOW", "SHOW"]);
    const { answers } = await service.json("answers");
    const time = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    const times = { firstAt: time, lastAt: time, example: expect.any(String) as string };
    expect(answers).toEqual([
      { message: SENTENCE, status: 200, outcome: "UNKNOWN", count: 2, ...times },
      { message: "Unauthorized", status: 401, outcome: "NOT_EXECUTED", count: 1, ...times },
    ]);
    expect((await service.run("answers")).stdout).toMatch(/^2 +200 +UNKNOWN +Something went wrong +\S+ +\d{4}/m);
    expect(text + JSON.stringify([service.events, service.operations])).not.toContain(SENTENCE);
    const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();
    expect(metrics).not.toContain(SENTENCE);
    expect(JSON.stringify(await service.sql.run("SELECT * FROM submissions"))).not.toContain(SENTENCE);
  });

  test("MUST be those of the last attempt, and none after an acceptance", async () => {
    await using service = await startOperatedService(engine);
    service.sandbox.setMood("unauthorized", { times: 1 });
    const key = { idempotencyKey: "words-of-two-attempts" };
    const { payload } = await mutate(service, "createVoiceTicket", key);
    const { id } = payload!.submission!;
    expect(await service.shown(id)).toMatchObject({ answerMessage: "Unauthorized" });

    await mutate(service, "createVoiceTicket", key);

    expect(await service.shown(id)).toMatchObject({ state: "CONFIRMED", answerMessage: null });
  });

  test("MUST be counted by `verify` and `answers` when they cannot be read", async () => {
    await using service = await startOperatedService(engine);
    service.sandbox.setMood("error-200");
    await mutate(service, "createVoiceTicket");
    await service.sql.run("UPDATE submissions SET answer = ?", Buffer.alloc(60));

    const { code, stderr } = await service.run("answers");
    expect([code, stderr]).toEqual([1, "Refused: 1 answers cannot be read: look with `verify`.\n"]);
    expect((await service.run("verify")).stderr).toContain("1 of answers cannot be read");
  });

  test("MUST go with their ticket, and be in the export of a customer", async () => {
    await using service = await startOperatedService(engine);
    const { payload } = await mutate(service, "createHelpdeskTicket", SITI);
    const ticketId = payload!.ticket!.id;
    const refusedUpdate = async () => {
      service.sandbox.setMood("error-200", { times: 1 });
      return (await mutate(service, "updateTicketStatus", { ticketId })).payload!.submission!.id;
    };
    const forgotten = await refusedUpdate();
    await service.run("forget", ticketId, "--by", "Rina");
    expect(await service.shown(forgotten)).toMatchObject({ state: "UNCERTAIN", answerMessage: null });

    const queued = await service.queue("createHelpdeskTicket", { ...SITI, helpdeskTicketNumber: "4711" });
    const exported = await service.run("customer", "export", "--name", SITI.customerName, "--by", "Rina");
    expect(exported.stdout).toContain('"answerMessage": "Unauthorized"');
    const why = ["--by", "Rina", "--reason", "114", "--yes"];
    expect((await service.run("customer", "forget", "--name", SITI.customerName, ...why)).code).toBe(0);
    expect(await service.shown(queued)).toMatchObject({ reason: "CANCELLED", answerMessage: null });
  });
});
