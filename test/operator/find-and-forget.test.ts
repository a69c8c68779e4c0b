import { describe, expect, test } from "vitest";
import { TicketDocument } from "../generated/graphql.ts";
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
      found.set(option, await service.json("find", `--${option}`, String(value)));

    const ofHelpdesk = {
      tickets: [{ id: ticket, kind: "HELPDESK", status: "OPEN", statusInDoubt: null }],
      submissions: [{ id: update.submission!.id }, { id: helpdesk.submission!.id }],
      hasMore: false,
    };
    const ofVoice = { tickets: [{ id: call, kind: "VOICE" }], submissions: [{ id: voice.submission!.id }] };
    for (const [option, report] of found)
      expect([option, report]).toMatchObject([option, /source|masked/.test(option) ? ofVoice : ofHelpdesk]);
    const { stdout } = await service.run("find", "--ticket", call);
    expect(stdout).toMatch(new RegExp(`^${call} +${voice.ticket!.number} +VOICE +\\S+Z$`, "m"));
    const line = `^${voice.submission!.id} +\\d+ s +CONFIRMED +source .* ticket ${call} +CREATE_VOICE_TICKET +ACCEPTED_BY_SOCIOMILE$`;
    expect(stdout).toMatch(new RegExp(line, "m"));
    const nothing = { code: 0, stdout: "No ticket and no submission has it.\n", stderr: "" };
    expect(await service.run("find", "--source-id", "unknown")).toEqual(nothing);
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
      stdout: `The ticket ${ids[0]} is forgotten.\nThe ticket ${ids[1]} is forgotten.\n`,
    });
    const lines = first.stderr.trim().split("\n");
    expect(lines.slice(0, 2).map((line) => JSON.parse(line) as object)).toMatchObject(
      ids.map((ticketId) => ({ event: "ticket.forgotten", ticketId, by: "Rina" })),
    );
    expect(lines.slice(2)).toEqual(["Refused: Nothing was known about the ticket unknown."]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing was known") });
    expect(JSON.parse(second.stdout)).toEqual({ forgotten: [], unknown: [ticket!.id] });
    expect((await service.execute(TicketDocument, { id: ticket!.id })).data.ticket).toBe(null);
    const left = await service.json("find", "--helpdesk-number", "826282");
    expect(left).toMatchObject({ tickets: [], submissions: [{ id: submission!.id }] });
  });
});
