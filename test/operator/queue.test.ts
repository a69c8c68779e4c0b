import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../support/ledgers.ts";
import { handIn, putOff } from "../support/queued.ts";
import { startOperatedService } from "./operator-process.ts";

describe.each(ENGINES)("the queue on %s", (engine) => {
  test("MUST be listed oldest first, and lose the request that an operator takes back", async () => {
    await using service = await startOperatedService(engine);
    const empty = await service.run("queue");
    service.sandbox.setMood("unauthorized");
    const first = (await handIn(service)).submission?.id ?? "";
    await sleep(5);
    const second = (await handIn(service, "updateTicketStatus")).submission?.id ?? "";
    await putOff(service.sql); // the commands may take longer than the pause before the second try

    const { stdout } = await service.run("queue", "--oldest");
    const listed = await service.json("queue", "--oldest");
    const cancelled = await service.run("cancel", first, "--by", "Rina");
    const again = await service.run("cancel", first, "--by", "Rina");
    const left = await service.json("queue");

    expect(empty).toMatchObject({ code: 0, stdout: "There are no submissions that wait for delivery.\n" });
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^SUBMISSION +AGE +SEARCH FOR +OPERATION +REASON +NEXT TRY$/);
    expect(lines).toEqual([
      expect.stringMatching(`^${first} +\\d+ s .*helpdesk 826282.*SOCIOMILE_SETTINGS_REFUSED +2\\S+Z$`),
      expect.stringMatching(`^${second} .*status OPEN`),
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
    service.sandbox.setMood("unauthorized");
    const ids = [(await handIn(service)).submission!.id, (await handIn(service)).submission!.id] as const;
    await putOff(service.sql);

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
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("waits for delivery") });
    expect(await service.json("queue")).toMatchObject({ submissions: [{ id: ids[0] }] });
  });
});
