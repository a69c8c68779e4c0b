/** An operator looks at the queue with the command line, and takes a request back. */
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

    const { stdout } = await service.run("queue");
    const listed = await service.json("queue");
    const cancelled = await service.run("cancel", first, "--by", "Rina");
    const again = await service.run("cancel", first, "--by", "Rina");
    const left = await service.json("queue");

    expect(empty).toMatchObject({ code: 0, stdout: "The queue is empty.\n" });
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^SUBMISSION +AGE +OPERATION +SEARCH FOR +REASON +TRIES +NEXT TRY$/);
    expect(lines).toEqual([
      expect.stringMatching(`^${first} .*helpdesk 826282.*SOCIOMILE_SETTINGS_REFUSED +1 +2\\S+Z$`),
      expect.stringMatching(`^${second} .*status OPEN`),
    ]);
    const times = { deliverBy: expect.any(String), handedInAt: expect.any(String) };
    const submissions = [{ id: first, state: "QUEUED", tries: 1, ...times }, { id: second }];
    expect(listed).toMatchObject({ submissions, hasMore: false });
    expect(cancelled.code).toBe(0);
    expect(cancelled.stdout).toMatch(/^state +NOT_EXECUTED \(CANCELLED\)$/m);
    expect(JSON.parse(cancelled.stderr)).toMatchObject({
      event: "submission.cancelled",
      submissionId: first,
      by: "command line",
      byPerson: "Rina",
    });
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is not waiting any more, so it cannot be cancelled"),
    });
    expect(left).toMatchObject({ submissions: [{ id: second }] });
  });

  test("MUST tell of a submission that does not exist", async () => {
    await using service = await startOperatedService(engine);

    const unknown = await service.run("cancel", "00000000-0000-7000-8000-000000000000", "--by", "Rina");

    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("There is no request with this id."),
    });
  });
});
