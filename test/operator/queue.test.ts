/** Requests that wait for delivery: listed, taken back, tried now, and all of it after a restore of an earlier state. */
import { describe, expect, test } from "vitest";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { handIn, putOff } from "../support/queued.ts";
import { operate, startOperatedService } from "./operator-process.ts";

const QUEUE = ["list", "--state", "QUEUED"];

describe.each(ENGINES)("the queue on %s", (engine) => {
  test("MUST be listed oldest first, and lose the request that an operator takes back", async () => {
    await using service = await startOperatedService(engine);
    const empty = await service.run(...QUEUE);
    const [first, second] = [await service.queue(), await service.queue("createVoiceTicket")];

    const { stdout } = await service.run(...QUEUE);
    const listed = await service.json(...QUEUE);
    const cancelled = await service.run("cancel", first, "--by", "Rina");
    const again = await service.run("cancel", first, "--by", "Rina");
    const left = await service.json(...QUEUE);

    expect(empty).toMatchObject({ code: 0, stdout: "There is no such submission or ticket.\n" });
    const [head, ...lines] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^ID +AGE +STATE +SEARCH FOR +OPERATION +REASON +NEXT TRY$/);
    expect(lines).toEqual([
      expect.stringMatching(`^${first} +\\d+ s +QUEUED +helpdesk 826282.*SOCIOMILE_SETTINGS_REFUSED +2\\S+Z$`),
      expect.stringMatching(`^${second} .*CREATE_VOICE_TICKET`),
    ]);
    const times = { deliverBy: expect.any(String), nextTryAt: expect.any(String) };
    const submissions = [{ id: first, state: "QUEUED", attempts: 1, ...times }, { id: second }];
    expect(listed).toMatchObject({ submissions, next: null });
    expect(cancelled.code).toBe(0);
    expect(cancelled.stdout).toMatch(/^state +NOT_EXECUTED\nreason +CANCELLED$/m);
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
    const again = await service.run("retry", ids[1], "--by", "Rina");

    expect(code).toBe(0);
    expect(JSON.parse(stderr)).toMatchObject({
      event: "submission.retried",
      submissionId: ids[1],
      by: "command line",
      byPerson: "Rina",
    });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("is not waiting any more") });
    expect(await service.json(...QUEUE)).toMatchObject({ submissions: [{ id: ids[0] }] });
  });
});

test.each(ENGINES)("All that waits on %s MUST be tried now, or taken back, by one command", async (engine) => {
  await using service = await startOperatedService(engine);
  service.sandbox.setMood("unauthorized");
  const first = (await handIn(service)).submission!.id;
  const second = (await handIn(service, "createVoiceTicket")).submission!.id;
  const statesNow = async () => [(await service.shown(first)).state, (await service.shown(second)).state];

  const { stdout: listed } = await service.run(...QUEUE);
  const { stdout: shown } = await service.run("show", first);
  const trial = await service.run("retry", "--all-queued", "--dry-run", "--by", "Rina");
  const afterTrial = await service.json(...QUEUE);
  const tried = await service.run("retry", "--all-queued", "--by", "Rina");
  await putOff(service.sql); // also what has just been tried
  const cancelTrial = await service.run("cancel", "--all-queued", "--dry-run", "--by", "Rina");
  const queued = await statesNow();
  const cancelled = await service.json("cancel", "--all-queued", "--by", "Rina");

  expect(listed.match(/SOCIOMILE_SETTINGS_REFUSED +waits for a person$/gm)).toHaveLength(2);
  expect(shown).toMatch(/^nextTryAt +waits for a person$/m);
  expect(trial).toEqual({ code: 0, stdout: "2 would be due.\n", stderr: "" });
  expect(afterTrial).toMatchObject({ submissions: [{ nextTryAt: null }, { nextTryAt: null }] });
  expect(tried).toMatchObject({ code: 0, stdout: "2 are due.\n" });
  expect(tried.stderr.match(/"event":"submission.retried"/g)).toHaveLength(2);
  expect(cancelTrial).toEqual({ code: 0, stdout: "2 would be taken back.\n", stderr: "" });
  expect(queued).toEqual(["QUEUED", "QUEUED"]);
  expect(cancelled).toMatchObject({ ids: [first, second], left: [] });
  expect(await statesNow()).toEqual(["NOT_EXECUTED", "NOT_EXECUTED"]);
});

test.each(ENGINES)("What waits in a restored ledger on %s MUST be taken back before it is sent", async (engine) => {
  await using place = await placeFor(engine);
  {
    await using service = await startOperatedService(engine, place.url);
    await service.queue();
    await service.queue("createVoiceTicket");
  }

  const listed = await operate(place.url, [...QUEUE, "--json"]);
  const cancelled = await operate(place.url, ["cancel", "--all-queued", "--by", "Rina"]);
  await using service = await startOperatedService(engine, place.url);
  await service.json("list"); // it serves

  expect(JSON.parse(listed.stdout)).toMatchObject({ submissions: [{ state: "QUEUED" }, { state: "QUEUED" }] });
  expect(cancelled).toMatchObject({ code: 0, stdout: "2 are taken back.\n" });
  expect(await service.json(...QUEUE)).toMatchObject({ submissions: [] });
  expect(service.sandbox.received).toEqual([]);
});
