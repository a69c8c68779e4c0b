import { describe, expect, test } from "vitest";
import { VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type OperatedService, startOperatedService } from "./operator-process.ts";

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
    expect(await listed("--state", "UNCERTAIN")).toEqual([create, voice]);
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
    expect(await listed("--conflict", "--order", "newest")).toEqual([create, rejected]);
    expect(await listed("--order", "oldest")).toEqual([rejected, create, voice]);
    expect(await service.json("list", "--conflict", "--counts")).toMatchObject({
      counts: [{ count: 1 }, { count: 1 }],
    });
    expect((await service.run("show", rejected)).stdout).toMatch(/^conflictingTicketId +T9$/m);
    await service.age(90);
    expect(await listed("--since", "1h")).toEqual([]);
    for (const since of ["2h", "120min", "1d"]) expect(await listed("--since", since, "--until", "1h")).toHaveLength(3);
    expect((await service.run("list", "--state", "UNCERTAIN")).stdout).toMatch(/^\S+ +1 h +UNCERTAIN /m);
    expect(await listed("--until", "2020-01-01T00:00Z")).toEqual([]);
  });

  test("MUST be counted by operation, state and reason", async () => {
    await using service = await startOperatedService(engine);
    await withEndings(service);

    const { stdout } = await service.run("list", "--counts");
    const none = await service.json("list", "--state", "QUEUED", "--counts");

    expect(stdout.replaceAll(/ {2,}/g, "  ")).toBe(
      [
        "OPERATION  STATE  REASON  COUNT\n",
        "CREATE_HELPDESK_TICKET  REJECTED  REFUSED_BY_SOCIOMILE  1\n",
        "CREATE_HELPDESK_TICKET  UNCERTAIN  CONNECTION_LOST  1\n",
        "CREATE_VOICE_TICKET  UNCERTAIN  CONNECTION_LOST  1\n",
      ].join(""),
    );
    expect(none).toEqual({ counts: [] });
  });
});
