/** An operator closes doubts with the command line alone, beside the running service. */
import { describe, expect, test } from "vitest";
import { VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { startOperatedService } from "./operator-process.ts";

const TICKET = "690d950c5f287ad0ff3bd9d9";
const LONG_NOTE = "a slip, ".repeat(30).trimEnd();
const DOUBTS = ["list", "--state", "UNCERTAIN", "--creates"];
const SIGNED = ["--note", "case 4711", "--by", "Rina"];

describe.each(ENGINES)("an operator beside a service on %s", (engine) => {
  test("MUST see every doubt about a create, oldest first, with what to search for, and no update's but by a filter", async () => {
    await using service = await startOperatedService(engine);
    const helpdesk = await service.doubt("createHelpdeskTicket");
    const update = await service.doubt("updateTicketStatus");
    const voice = await service.doubt("createVoiceTicket");
    await mutate(service, "createVoiceTicket", { sourceTicketId: "confirmed" });
    await service.age(16);

    const { code, stdout, stderr } = await service.run(...DOUBTS);
    const first = await service.json(...DOUBTS, "--first", "1");
    const second = await service.json(...DOUBTS, "--first", "1", "--after", String(first["next"]));
    const filtered = await service.json("list", "--state", "UNCERTAIN", "--order", "newest");
    const counted = await service.json(...DOUBTS, "--counts");

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().replaceAll(/ {2,}/g, "  ").split("\n")).toEqual([
      "ID  AGE  STATE  SEARCH FOR  OPERATION  REASON",
      `${helpdesk}  16 min  UNCERTAIN  helpdesk 826282, complaint 101892087, branch 001  CREATE_HELPDESK_TICKET  CONNECTION_LOST`,
      `${voice}  16 min  UNCERTAIN  source ${VOICE_TICKET.sourceTicketId}  CREATE_VOICE_TICKET  CONNECTION_LOST`,
    ]);
    expect(first).toMatchObject({ submissions: [{ id: helpdesk }], next: helpdesk });
    expect(second).toMatchObject({ submissions: [{ id: voice }], next: null });
    expect(filtered).toMatchObject({ submissions: [{ id: voice }, { id: update }, { id: helpdesk }] });
    expect(counted).toMatchObject({
      counts: [{ operation: "CREATE_HELPDESK_TICKET" }, { operation: "CREATE_VOICE_TICKET", count: 1 }],
    });
    expect(await service.metric("sociomile_doubts")).toBe(2);
  });

  test("MUST close a create as created, mend a slip in that, and see every verdict with its author", async () => {
    await using service = await startOperatedService(engine);
    const id = await service.doubt("createHelpdeskTicket");

    const slip = ["--created", "690d950c5f287ad0ff3bslip", "--number", "32199"];
    const early = await service.run("resolve", id, "--not-created", ...SIGNED);
    const resolved = await service.run("resolve", id, ...slip, ...SIGNED);
    const refused = await service.run("resolve", id, "--created", TICKET, ...SIGNED);
    const again = ["--created", TICKET, "--note", LONG_NOTE, "--by", "Budi"];
    const trial = await service.run("resolve", "--correct", id, ...again, "--dry-run");
    const corrected = await service.run("resolve", "--correct", id, ...again);

    expect(early).toMatchObject({ code: 1, stdout: expect.stringMatching(/^state +UNCERTAIN/m) });
    expect(early.stderr).toMatch(/^Refused: The doubt is too young .* Repeat the command in 15 min\.\n$/);
    const confirmed = expect.stringMatching(/^state +CONFIRMED\nreason +CREATED_SAYS_OPERATOR$/m);
    for (const done of [resolved, corrected]) expect(done).toMatchObject({ code: 0, stdout: confirmed });
    const event = "submission.resolved";
    const verdict = { event, submissionId: id, verdict: "CREATED", by: "command line" };
    expect([resolved, corrected].map(({ stderr }) => JSON.parse(stderr) as object)).toMatchObject([
      { ...verdict, byPerson: "Rina", isCorrection: false },
      { ...verdict, byPerson: "Budi", isCorrection: true },
    ]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /Rina has decided: CREATED\. .*`resolve --correct` replaces the verdict of an operator/,
    );
    expect(trial).toMatchObject({ code: 0, stderr: "" });
    const given = { verdict: "CREATED", client: "command line" };
    expect(await service.shown(id)).toMatchObject({
      ticketId: TICKET,
      actions: [
        { ...given, ticketId: TICKET, person: "Budi", note: LONG_NOTE },
        { ...given, ticketId: slip[1], person: "Rina", note: "case 4711" },
      ],
    });
    const { stdout } = await service.run("show", id);
    expect(stdout).toMatch(/^\S+Z +VERDICT +Rina \(typed\) +case 4711 +CREATED +690d950c5f287ad0ff3bslip +32199$/m);
    expect(stdout).toContain(`  ${LONG_NOTE}  CREATED`);
  });

  test("MUST learn which submission holds a ticket, and that an update has no verdict", async () => {
    await using service = await startOperatedService(engine);
    const { ticket, submission } = (await mutate(service, "createHelpdeskTicket")).payload!;
    const id = await service.doubt("createHelpdeskTicket");

    const refused = await service.run("resolve", id, "--created", ticket!.id, ...SIGNED, "--json");
    const trial = await service.run("resolve", id, "--created", ticket!.id, ...SIGNED, "--dry-run");
    const update = await service.doubt("updateTicketStatus");
    const ofUpdate = await service.run("resolve", update, "--not-created", ...SIGNED);

    const none = "A status change has no verdict. Set the status again, under a new key.";
    expect(ofUpdate).toMatchObject({ code: 1, stderr: `Refused: ${none}\n` });
    expect(refused.code).toBe(1);
    const holds = `Refused: The submission ${submission!.id} holds the ticket with this`;
    const advice = "If its verdict is wrong, correct that first.\n"; // and no other
    expect(refused.stderr).toBe(`${holds} id. ${advice}`);
    const numbered = ["--created", TICKET, "--number", String(ticket!.number), ...SIGNED];
    const sameNumber = await service.run("resolve", id, ...numbered, "--json");
    expect(sameNumber).toMatchObject({ code: 1, stderr: `${holds} number. ${advice}` });
    expect(JSON.parse(sameNumber.stdout)).toMatchObject({
      problems: [{ code: "TICKET_ID_TAKEN", field: "ticketNumber" }],
    });
    expect(trial).toMatchObject({ code: 1, stderr: refused.stderr });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      submission: { id, state: "UNCERTAIN" },
      problems: [{ code: "TICKET_ID_TAKEN", field: "ticketId" }],
    });
  });

  test("MUST learn that there is no such submission", async () => {
    await using service = await startOperatedService(engine);

    const shown = await service.run("show", "01a2131c-f44e-7ee8-b45f-65d6dc1cabdb");
    const resolved = await service.run("resolve", "no-id", "--created", TICKET, ...SIGNED, "--json");

    expect(shown).toEqual({ code: 1, stdout: "", stderr: "Refused: No submission has this id.\n" });
    expect(resolved).toMatchObject({ code: 1, stderr: "Refused: There is no request with this id.\n" });
    expect(JSON.parse(resolved.stdout)).toMatchObject({
      submission: null,
      problems: [{ code: "SUBMISSION_NOT_FOUND" }],
    });
    expect((await service.run(...DOUBTS)).stdout).toBe("There is no such submission or ticket.\n");
  });
});
