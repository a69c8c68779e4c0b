/** Words of Sociomile are kept for operators, and for nobody else. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, putOff } from "../support/queued.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { startOperatedService } from "./operator-process.ts";

/** Sentence of the sandbox in its mood `error-200`. */
const SENTENCE = "Something went wrong";
const SITI = { customerName: "Siti Nurhalimah", connectId: "siti.n@example.com" };

describe.each(ENGINES)("Sociomile's words, in a ledger on %s", (engine) => {
  test("MUST be shown with their submission, and in groups, but in no answer of the API and no event", async () => {
    await using service = await startOperatedService(engine);
    service.sandbox.setMood("error-200");
    const { payload, text } = await mutate(service, "createHelpdeskTicket", SITI);
    await mutate(service, "createVoiceTicket");
    service.sandbox.setMood("unauthorized");
    const queued = await handIn(service, "createVoiceTicket");
    service.sandbox.setMood("well");

    const { id } = payload!.submission!;
    const said = { answerStatus: 200, answerContentType: "application/json", answerMessage: SENTENCE };
    expect(await service.shown(id)).toMatchObject(said);
    expect((await service.run("show", id)).stdout).toMatch(/^Sociomile's words +Something went wrong$/m);
    expect(await service.shown(queued.submission!.id)).toMatchObject({ answerMessage: "Unauthorized" });
    const { answers } = await service.json("answers");
    const time = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    const times = { firstAt: time, lastAt: time, example: expect.any(String) as string };
    expect(answers).toEqual([
      { message: SENTENCE, status: 200, outcome: "UNKNOWN", count: 2, ...times },
      { message: "Unauthorized", status: 401, outcome: "NOT_EXECUTED", count: 1, ...times },
    ]);
    expect((await service.run("answers")).stdout).toMatch(/^2 +200 +UNKNOWN +Something went wrong +\d{4}/m);
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
    expect((await service.run("verify")).stderr).toContain(
      "Sociomile's words about 1 submissions cannot be read",
    );
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

    service.sandbox.setMood("unauthorized");
    const queued = await handIn(service, "createHelpdeskTicket", { ...SITI, helpdeskTicketNumber: "4711" });
    await putOff(service.sql);
    using files = temporaryFiles();
    const file = `${files.write("beside", "")}.json`;
    await service.run("customer", "export", "--name", SITI.customerName, "--to", file);
    expect(readFileSync(file, "utf8")).toContain('"answerMessage": "Unauthorized"');
    const erase = [
      "customer",
      "forget",
      "--name",
      SITI.customerName,
      "--by",
      "Rina",
      "--reason",
      "114",
      "--yes",
    ];
    expect((await service.run(...erase)).code).toBe(0);
    expect(await service.shown(queued.submission!.id)).toMatchObject({
      reason: "CANCELLED",
      answerMessage: null,
    });
  });
});
