import { describe, expect, test } from "vitest";
import { VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type OperatedService, operate, startOperatedService } from "./operator-process.ts";

const SIGNED = ["--note", "case 4711", "--by", "Rina"];

/** Makes a rejected create of branch 002, and doubts of two creates, of branch 001 and of none. */
async function withEndings(service: OperatedService) {
  service.sandbox.setMood("refuse", { times: 1 });
  const rejected = await mutate(service, "createHelpdeskTicket", { branchCode: "002" });
  const create = await service.doubt("createHelpdeskTicket");
  const voice = await service.doubt("createVoiceTicket");
  return { rejected: rejected.payload!.submission!.id, create, voice };
}

describe.each(ENGINES)("the list on %s", (engine) => {
  test("MUST hold those that pass every filter, newest or oldest first", async () => {
    await using service = await startOperatedService(engine);
    const { rejected, create, voice } = await withEndings(service);
    const listed = async (...args: string[]) =>
      ((await service.json("list", ...args))["submissions"] as { id: string }[]).map(({ id }) => id);

    expect(await listed()).toEqual([voice, create, rejected]);
    expect(await listed("--state", "UNCERTAIN")).toEqual([voice, create]);
    expect(await listed("--reason", "REFUSED_BY_SOCIOMILE")).toEqual([rejected]);
    expect(await listed("--branch", "001")).toEqual([create]);
    expect(await listed("--client", "development", "--first", "1")).toEqual([voice]);
    expect(await listed("--client", "another")).toEqual([]);
    expect(await listed("--helpdesk-number", "826282")).toEqual([create, rejected]);
    expect(await listed("--helpdesk-number", "826282", "--state", "UNCERTAIN")).toEqual([create]);
    expect(await listed("--source-id", String(VOICE_TICKET.sourceTicketId))).toEqual([voice]);
    expect(await listed("--conflict")).toEqual([]);
    await service.change(rejected, "conflicting_ticket_id = 'T9'");
    expect(await listed("--conflict")).toEqual([rejected]);
    await service.change(create, "conflicting_ticket_id = 'T8'");
    expect(await listed("--conflict")).toEqual([rejected, create]);
    expect(await listed("--conflict", "--newest")).toEqual([create, rejected]);
    expect(await listed("--oldest")).toEqual([rejected, create, voice]);
    const [two, none] = [{ count: 2 }, { count: 0 }];
    const counts = { doubts: two, conflicts: two, queue: none, expired: none };
    expect(await service.json("counts")).toMatchObject({ counts });
    await service.change(rejected, "reason = 'DELIVERY_EXPIRED', state = 'NOT_EXECUTED'");
    expect((await service.run("counts")).stdout).toMatch(
      /^doubts +2, the oldest is \d+ (?:s|min) old\nconflicts +2\nqueue +0\nexpired +1\n$/,
    );
    expect((await service.run("show", rejected)).stdout).toMatch(/^Ticket of a late acceptance +T9$/m);
    await service.age(90);
    expect(await listed("--since", "1h")).toEqual([]);
    for (const since of ["2h", "2 jam", "1 hari", "2 Hours", "120 menit", "1day"])
      expect(await listed("--since", since, "--until", "1h")).toHaveLength(3);
    expect((await service.run("counts")).stdout).toMatch(/^doubts +2, the oldest is 1 h old$/m);
    expect(await listed("--until", "2020-01-01T00:00Z")).toEqual([]);
  });

  test("MUST be counted by reason, and be CSV that no spreadsheet takes for a formula", async () => {
    await using service = await startOperatedService(engine);
    const { create, voice } = await withEndings(service);
    await service.change(create, "branch_code = ?", '=1+1,"x";"=2+2');

    const { stdout: counts } = await service.run("list", "--counts");
    const { stdout: none } = await service.run("queue", "--counts");
    const { stdout: csv } = await service.run("doubts", "--csv");

    expect(counts.replaceAll(/ {2,}/g, "  ")).toBe(
      [
        "CREATE_HELPDESK_TICKET REJECTED REFUSED_BY_SOCIOMILE  1\n",
        "CREATE_HELPDESK_TICKET UNCERTAIN CONNECTION_LOST  1\n",
        "CREATE_VOICE_TICKET UNCERTAIN CONNECTION_LOST  1\n",
      ].join(""),
    );
    expect(none).toBe("There are no submissions that wait for delivery.\n");
    const [head, ...rows] = csv.trimEnd().split("\n");
    expect(head).toMatch(/^id,clientId,requestedBy,operation,state,reason,/);
    expect(rows).toEqual([
      expect.stringMatching(`^${create},.*"'=1\\+1,""x"";""'=2\\+2"`),
      expect.stringMatching(`^${voice},development,`),
    ]);
  });

  test("MUST be closed from a file, after a trial that changes nothing", async () => {
    await using service = await startOperatedService(engine);
    const { rejected, create, voice } = await withEndings(service);
    const lines = [
      `resolve ${create} --created 690d950c5f287ad0ff3bd9d9 --number 32199`,
      `resolve ${voice} --not-created`,
      `resolve ${rejected} --not-created --note "another case"`,
    ];
    const statesNow = async () => service.json("list", "--counts");
    const before = await statesNow();

    const batch = (text: string, ...more: string[]) =>
      operate(service.ledgerUrl, ["batch", ...SIGNED, ...more], {}, text);
    const trial = await batch(lines.slice(0, 2).join("\r\n"), "--dry-run");
    expect(trial).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Refused: Line 2: .* too young/) });
    expect(await statesNow()).toEqual(before);

    const twice = await batch(lines.join("\n"));
    expect(twice).toMatchObject({ code: 64, stderr: expect.stringMatching(/Line 3: --note is given twice/) });
    expect(await statesNow()).toEqual(before);

    await service.age(16);
    const closed = await batch(lines.join("\n").replace(' --note "another case"', ""));
    expect(closed).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Refused: Line 3: /m) });
    expect(await service.shown(create)).toMatchObject({
      state: "CONFIRMED",
      actions: [{ note: "case 4711", person: "Rina" }],
    });
    expect(await service.shown(voice)).toMatchObject({ state: "NOT_EXECUTED" });
    const refused = await batch(lines.slice(0, 2).join("\n"));
    expect(refused.stderr).toMatch(/^Refused: Line 1: .*\nLine 2: .*\n$/);
  });
});
