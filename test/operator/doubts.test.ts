/** An operator closes doubts with the command line alone, beside the running service. */
import { describe, expect, test } from "vitest";
import { STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startOperatedService } from "./operator-process.ts";

const KEY = "complaint-826282-of-this-test";
const TICKET = "690d950c5f287ad0ff3bd9d9";
const LONG_NOTE = "a slip, ".repeat(30).trimEnd();
const SIGNED = ["--note", "case 4711", "--by", "Rina"];

describe.each(ENGINES)("an operator beside a service on %s", (engine) => {
  test("MUST see every doubt, newest first, with what to search for", async () => {
    await using service = await startOperatedService(engine);
    const helpdesk = await service.doubt("createHelpdeskTicket");
    const voice = await service.doubt("createVoiceTicket");
    const update = await service.doubt("updateTicketStatus");
    await mutate(service, "createVoiceTicket", { sourceTicketId: "confirmed" });
    await service.age(16);

    const { code, stdout, stderr } = await service.run("doubts");
    const first = await service.json("doubts", "--first", "2");
    const second = await service.json("doubts", "--first", "2", "--after", String(first["next"]));

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().replaceAll(/ {2,}/g, "  ").split("\n")).toEqual([
      "SUBMISSION  AGE  SEARCH FOR  OPERATION  REASON",
      `${update}  16 min  ticket ${STATUS_CHANGE.ticketId}, status OPEN  UPDATE_TICKET_STATUS  CONNECTION_LOST`,
      `${voice}  16 min  source ${VOICE_TICKET.sourceTicketId}  CREATE_VOICE_TICKET  CONNECTION_LOST`,
      `${helpdesk}  16 min  helpdesk 826282, complaint 101892087, branch 001  CREATE_HELPDESK_TICKET  CONNECTION_LOST`,
    ]);
    expect(first).toMatchObject({ submissions: [{ id: update }, { id: voice }], next: voice });
    expect(second).toMatchObject({ submissions: [{ id: helpdesk }], next: null });
  });

  test("MUST close a create as created, so that its key returns the ticket", async () => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt("createHelpdeskTicket", { idempotencyKey: KEY });

    const verdict = ["--created", TICKET, "--number", "32199"];
    const { code, stdout, stderr } = await service.run("resolve", id, ...verdict, ...SIGNED);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^State +CONFIRMED\nReason +CREATED_SAYS_OPERATOR$/m);
    expect(JSON.parse(stderr)).toMatchObject({
      event: "submission.resolved",
      submissionId: id,
      verdict: "CREATED",
      by: "command line",
      byPerson: "Rina",
      isCorrection: false,
    });
    const replay = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });
    expect(replay.payload).toMatchObject({ ticket: { id: TICKET, number: "32199" }, replayed: true });
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST close a create as not created once it is 15 minutes old, so that its key runs again", async () => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt("createHelpdeskTicket", { idempotencyKey: KEY });

    const early = await service.run("resolve", id, "--not-created", ...SIGNED);
    await service.age(15);
    const resolved = await service.json("resolve", id, "--not-created", ...SIGNED);
    const again = await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });

    expect(early.code).toBe(1);
    expect(early.stderr).toMatch(/^Refused: The doubt is too young .* Repeat the command in 15 min\.\n$/);
    expect(early.stdout).toMatch(/^State +UNCERTAIN/m);
    expect(resolved).toMatchObject({ submission: { state: "NOT_EXECUTED" }, problems: [] });
    expect(again.payload).toMatchObject({ ticket: { kind: "HELPDESK" }, replayed: false });
  });

  test.each([
    ["--applied", 0, "CONFIRMED"],
    ["--not-applied", 15, "NOT_EXECUTED"],
  ])("MUST close an update with %s", async (verdict, minutes, state) => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt("updateTicketStatus");
    await service.age(minutes);

    expect(await service.json("resolve", id, verdict, ...SIGNED)).toMatchObject({
      submission: { id, state },
    });
  });

  test("MUST mend a slip, and see every verdict with its author", async () => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt("createHelpdeskTicket");
    await service.json("resolve", id, "--created", "690d950c5f287ad0ff3bslip", ...SIGNED);

    const refused = await service.run("resolve", id, "--created", TICKET, ...SIGNED);
    const again = ["--created", TICKET, "--note", LONG_NOTE, "--by", "Budi"];
    const early = ["--not-created", "--note", LONG_NOTE, "--by", "Budi"];
    const trials = [
      await service.run("correct", id, ...early, "--dry-run"),
      await service.run("correct", id, ...again, "--dry-run"),
    ];
    const tooEarly = await service.run("correct", id, ...early);
    const corrected = await service.run("correct", id, ...again);
    const shown = await service.json("show", id);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("The command `correct` replaces the verdict of an operator");
    const tooYoung = { code: 1, stderr: expect.stringContaining("The doubt is too young") };
    expect([tooEarly, ...trials]).toMatchObject([tooYoung, tooYoung, { code: 0, stderr: "" }]);
    expect(corrected.code).toBe(0);
    expect(JSON.parse(corrected.stderr)).toMatchObject({ byPerson: "Budi", isCorrection: true });
    const resolvedBy = "command line";
    const slip = { verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bslip" };
    expect(shown["submission"]).toMatchObject({
      ticketId: TICKET,
      resolutions: [
        { verdict: "CREATED", ticketId: TICKET, resolvedBy, resolvedByPerson: "Budi", note: LONG_NOTE },
        { ...slip, resolvedBy, resolvedByPerson: "Rina", note: "case 4711" },
      ],
    });
    const { stdout } = await service.run("show", id);
    expect(stdout).toMatch(/^\S+Z +CREATED +690d950c5f287ad0ff3bslip +Rina \(command line\) +case 4711$/m);
    expect(stdout).toContain(` Budi (command line)  ${LONG_NOTE}\n`);
  });

  test("MUST be told which submission holds a ticket", async () => {
    await using service = await startOperatedService(engine);
    const { ticket, submission } = (await mutate(service, "createHelpdeskTicket")).payload!;
    const id = await service.doubt("createHelpdeskTicket");

    const refused = await service.run("resolve", id, "--created", ticket!.id, ...SIGNED, "--json");

    const trial = await service.run("resolve", id, "--created", ticket!.id, ...SIGNED, "--dry-run");
    const freeTrial = await service.run("resolve", id, "--created", TICKET, ...SIGNED, "--dry-run");

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`The submission ${submission!.id} holds the ticket`);
    expect(trial).toMatchObject({ code: 1, stderr: refused.stderr });
    expect(freeTrial).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      submission: { id, state: "UNCERTAIN" },
      problems: [{ code: "TICKET_ID_TAKEN", field: "ticketId" }],
    });
  });

  test("MUST be told which updates stay void when APPLIED is taken back", async () => {
    await using service = await startOperatedService(engine);
    const older = await service.doubt("updateTicketStatus", { ticketId: TICKET, status: "CLOSE" });
    const newer = await service.doubt("updateTicketStatus", { ticketId: TICKET, status: "CLOSE" });
    await service.age(16);
    await service.json("resolve", newer, "--applied", ...SIGNED);

    const { code, stdout, stderr } = await service.run("correct", newer, "--not-applied", ...SIGNED);

    expect(code).toBe(0);
    expect(stdout).toContain(`The replaced verdict had made the update ${older} void. It stays void.`);
    expect(JSON.parse(stderr)).toMatchObject({ event: "submission.resolved", superseded: [older] });
    expect(await service.shown(older)).toMatchObject({ state: "SUPERSEDED" });
  });

  test.each([
    ["a verdict about creates for an update", "updateTicketStatus", ["--created", TICKET], /--applied/],
    ["a verdict about updates for a create", "createVoiceTicket", ["--applied"], /--not-created/],
  ] as const)("MUST be refused with %s", async (_, name, verdict, reason) => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt(name);

    const { code, stderr } = await service.run("resolve", id, ...verdict, ...SIGNED);

    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect(await service.json("doubts")).toMatchObject({ submissions: [{ id }] });
  });

  test("MUST be told that there is no such submission", async () => {
    await using service = await startOperatedService(engine);

    const shown = await service.run("show", "01a2131c-f44e-7ee8-b45f-65d6dc1cabdb");
    const resolved = await service.run("resolve", "no-id", "--created", TICKET, ...SIGNED, "--json");

    expect(shown).toEqual({ code: 1, stdout: "", stderr: "Refused: No submission has this id.\n" });
    expect(resolved).toMatchObject({ code: 1, stderr: "Refused: There is no request with this id.\n" });
    expect(JSON.parse(resolved.stdout)).toMatchObject({
      submission: null,
      problems: [{ code: "SUBMISSION_NOT_FOUND" }],
    });
    expect((await service.run("doubts")).stdout).toBe("There are no submissions in doubt.\n");
  });
});
