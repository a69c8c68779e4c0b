/** After a restore the queue holds requests that have ended since. The service would send them again. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../support/ledgers.ts";
import { handIn, putOff } from "../support/queued.ts";
import { operate, startOperatedService } from "./operator-process.ts";

const line = (time: string, event: string, fields: object) =>
  JSON.stringify({ level: 30, time: `2026-11-25T14:${time}Z`, event, ...fields });

describe.each(ENGINES)("a look at a restored ledger on %s", (engine) => {
  test("MUST list what waits, with its end by the log, and take back what ended, after a trial that changes nothing", async () => {
    await using service = await startOperatedService(engine);
    service.sandbox.setMood("unauthorized");
    const ids: string[] = [];
    for (let nth = 0; nth < 4; nth++) ids.push((await handIn(service)).submission!.id);
    await putOff(service.sql);
    const [delivered, cancelled, waiting, unknown] = ids as [string, string, string, string];
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
    const queued = async () => (await service.json("queue", "--oldest"))["submissions"];

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
    service.sandbox.setMood("unauthorized");
    const { id } = (await handIn(service)).submission!;
    await putOff(service.sql);

    const trial = await operate(
      service.ledgerUrl,
      ["batch", "--by", "Rina", "--dry-run"],
      {},
      `cancel ${id}`,
    );

    expect(trial).toMatchObject({ code: 0, stderr: "" });
    expect(await service.shown(id)).toMatchObject({ state: "QUEUED" });
  });
});
