/** Requests that wait for delivery: listed, taken back, tried now, and after a restore, when the service would send again what has ended since. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../support/ledgers.ts";
import { handIn, putOff } from "../support/queued.ts";
import { operate, startOperatedService } from "./operator-process.ts";

describe.each(ENGINES)("the queue on %s", (engine) => {
  test("MUST be listed oldest first, and lose the request that an operator takes back", async () => {
    await using service = await startOperatedService(engine);
    const empty = await service.run("queue");
    const [first, second] = [await service.queue(), await service.queue("createVoiceTicket")];

    const { stdout } = await service.run("queue");
    const listed = await service.json("queue");
    const cancelled = await service.run("cancel", first, "--by", "Rina");
    const again = await service.run("cancel", first, "--by", "Rina");
    const left = await service.json("queue");

    expect(empty).toMatchObject({ code: 0, stdout: "There are no submissions that wait for delivery.\n" });
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^SUBMISSION +AGE +SEARCH FOR +OPERATION +REASON +NEXT TRY$/);
    expect(lines).toEqual([
      expect.stringMatching(`^${first} +\\d+ s .*helpdesk 826282.*SOCIOMILE_SETTINGS_REFUSED +2\\S+Z$`),
      expect.stringMatching(`^${second} .*CREATE_VOICE_TICKET`),
    ]);
    const times = { deliverBy: expect.any(String), nextTryAt: expect.any(String) };
    const submissions = [{ id: first, state: "QUEUED", attempts: 1, ...times }, { id: second }];
    expect(listed).toMatchObject({ submissions, next: null });
    expect(cancelled.code).toBe(0);
    expect(cancelled.stdout).toMatch(/^State +NOT_EXECUTED\nReason +CANCELLED$/m);
    expect(JSON.parse(cancelled.stderr)).toMatchObject({
      event: "submission.cancelled",
      submissionId: first,
      by: "command line",
      byPerson: "Rina",
    });
    expect(again).toMatchObject({ code: 0, stderr: "" }); // without another event
    expect(left).toMatchObject({ submissions: [{ id: second }] });
  });

  test("MUST lose a request that an operator tries now", async () => {
    await using service = await startOperatedService(engine);
    const ids = [await service.queue(), await service.queue()] as const;

    service.sandbox.setMood("well");
    const { code, stderr } = await service.run("retry", ids[1], "--by", "Rina");
    await expect.poll(() => service.shown(ids[1])).toMatchObject({ state: "CONFIRMED" });
    const again = await service.run("retry", ids[1]);

    expect(code).toBe(0);
    expect(JSON.parse(stderr)).toMatchObject({
      event: "submission.retried",
      submissionId: ids[1],
      by: "command line",
      byPerson: "Rina",
    });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("is not waiting any more") });
    expect(await service.json("queue")).toMatchObject({ submissions: [{ id: ids[0] }] });
  });
});

describe.each(ENGINES)("all that waits for delivery on %s", (engine) => {
  test("MUST be tried now, or taken back, by one command, after a trial that changes nothing", async () => {
    await using service = await startOperatedService(engine);
    service.sandbox.setMood("unauthorized");
    const first = (await handIn(service)).submission!.id;
    const second = (await handIn(service, "createVoiceTicket")).submission!.id;
    const statesNow = async () => [(await service.shown(first)).state, (await service.shown(second)).state];

    const { stdout: listed } = await service.run("queue");
    const { stdout: shown } = await service.run("show", first);
    const trial = await service.run("retry", "--all-queued", "--dry-run", "--by", "Rina");
    const afterTrial = await service.json("queue");
    const tried = await service.run("retry", "--all-queued", "--by", "Rina");
    const [both, neither, unsigned] = [
      await service.run("retry", first, "--all-queued", "--by", "Rina"),
      await service.run("cancel", "--by", "Rina"),
      await service.run("retry", "--all-queued"),
    ];
    await putOff(service.sql); // also what has just been tried
    const cancelTrial = await service.run("cancel", "--all-queued", "--dry-run", "--by", "Rina");
    const queued = await statesNow();
    const cancelled = await service.json("cancel", "--all-queued", "--by", "Rina");

    expect(listed.match(/SOCIOMILE_SETTINGS_REFUSED +waits for a person$/gm)).toHaveLength(2);
    expect(shown).toMatch(/^Next try +waits for a person$/m);
    expect(trial).toEqual({ code: 0, stdout: "2 would be due.\n", stderr: "" });
    expect(afterTrial).toMatchObject({ submissions: [{ nextTryAt: null }, { nextTryAt: null }] });
    expect(tried).toMatchObject({ code: 0, stdout: "2 are due.\n" });
    expect(tried.stderr.match(/"event":"submission.retried"/g)).toHaveLength(2);
    expect([both.code, neither.code, unsigned.code]).toEqual([64, 64, 64]);
    expect(cancelTrial).toEqual({ code: 0, stdout: "2 would be taken back.\n", stderr: "" });
    expect(queued).toEqual(["QUEUED", "QUEUED"]);
    expect(cancelled).toMatchObject({ ids: [first, second], left: [] });
    expect(await statesNow()).toEqual(["NOT_EXECUTED", "NOT_EXECUTED"]);
  });
});

const line = (time: string, event: string, fields: object) =>
  JSON.stringify({ level: 30, time: `2026-11-25T14:${time}Z`, event, ...fields });

describe.each(ENGINES)("a look at a restored ledger on %s", (engine) => {
  test("MUST list what waits, with its end by the log, and take back what ended, after a trial that changes nothing", async () => {
    await using service = await startOperatedService(engine);
    const [delivered, cancelled] = [await service.queue(), await service.queue()];
    const [waiting, unknown] = [await service.queue(), await service.queue()];
    const log = [
      // The lines of one pod follow those of another.
      `[pod/b/subgraph] ${line("30:00.000", "delivery.ended", { submissionId: delivered, outcome: "CONFIRMED" })}`,
      `[pod/a/subgraph] ${line("10:00.000", "delivery.ended", { submissionId: delivered, outcome: "QUEUED" })}`,
      line("11:00.000", "submission.cancelled", { submissionId: cancelled }),
      line("12:00.000", "delivery.ended", { submissionId: waiting, outcome: "QUEUED" }),
      line("13:00.000", "submission.cancelled", { submissionId: unknown }),
      line("14:00.000", "operation.answered", { submissions: [{ id: unknown, outcome: "QUEUED" }] }), // handed in again
      line("15:00.000", "submission.retried", { submissionId: unknown }),
      "no JSON {",
    ].join("\n");
    const check = async (...more: string[]) => {
      const args = ["restore-check", "--log", "-", "--json", ...more];
      const { code, stdout, stderr } = await operate(service.ledgerUrl, args, {}, log);
      return { code, stderr, ...(JSON.parse(stdout) as { waiting: object[]; taken: string[] }) };
    };
    const queued = async () => (await service.json("queue"))["submissions"];

    const before = await queued();
    const listed = await check();
    const trial = await check("--cancel", "ended", "--by", "Rina", "--dry-run");
    const afterTrial = await queued();
    const done = await check("--cancel", "ended", "--by", "Rina");
    const left = await queued();
    const text = await service.run("restore-check", "--cancel", "all", "--by", "Rina");

    expect(listed).toMatchObject({
      code: 0,
      waiting: [
        { id: delivered, endInLog: "CONFIRMED" },
        { id: cancelled, endInLog: "submission.cancelled" },
        { id: waiting, endInLog: null },
        { id: unknown, endInLog: null },
      ],
      taken: [],
    });
    expect(trial).toMatchObject({ code: 0, stderr: "", taken: [delivered, cancelled] });
    expect(afterTrial).toEqual(before);
    expect(done).toMatchObject({ code: 0, taken: [delivered, cancelled] });
    expect(done.stderr.match(/"event":"submission.cancelled"/g)).toHaveLength(2);
    expect(left).toMatchObject([{ id: waiting }, { id: unknown }]);
    expect(text.stdout).toMatch(
      /\n2 wait for delivery, of which 0 have ended by the log\.\n2 are taken back\.\n$/,
    );
    expect(await queued()).toEqual([]);
  });

  test("MUST try a cancellation alone, also in a batch", async () => {
    await using service = await startOperatedService(engine);
    const id = await service.queue();

    const args = ["batch", "--by", "Rina", "--dry-run"];
    const trial = await operate(service.ledgerUrl, args, {}, `cancel ${id}`);

    expect(trial).toMatchObject({ code: 0, stderr: "" });
    expect(await service.shown(id)).toMatchObject({ state: "QUEUED" });
  });
});
