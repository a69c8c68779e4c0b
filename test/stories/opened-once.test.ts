/** Two colleagues open the same complaint with unlessAlreadyOpened. */
import { describe, expect, test } from "vitest";
import { callerOf, startIssuer } from "../support/issuer.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { replayOf } from "../support/replay.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";

const ONCE = { unlessAlreadyOpened: true };
type Poster = Pick<Service, "post">;

const create = async (service: Poster, changes: object = {}) =>
  (await mutate(service, "createHelpdeskTicket", { ...ONCE, ...changes })).payload;

describe.each(ENGINES)("unlessAlreadyOpened on %s", (engine) => {
  test("MUST let one of 8 keys from two applications through that come at once over two replicas", async () => {
    await using place = await placeFor(engine);
    await using issuer = await startIssuer();
    await using one = await startService({ ledgerUrl: place.url, config: issuer.auth });
    await using other = await startService({
      ledgerUrl: place.url,
      config: issuer.auth,
      sandbox: one.sandbox,
    });
    const clients = [
      await callerOf(one, issuer, { azp: "omnix" }),
      await callerOf(other, issuer, { azp: "branch" }),
    ];
    const ROUNDS = 25;

    for (let round = 0; round < ROUNDS; round++) {
      const helpdeskTicketNumber = String(700_000 + round);
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, nth) =>
          create(clients[nth % 2]!, {
            helpdeskTicketNumber,
            idempotencyKey: `key-${nth}-of-complaint-${round}`,
          }),
        ),
      );

      const opened = all.filter((payload) => payload?.ticket);
      const refused = all.flatMap((payload) => payload?.problems ?? []);
      expect(opened).toHaveLength(1);
      expect(refused).toHaveLength(7);
      for (const problem of refused)
        expect(problem).toMatchObject({
          code: "ALREADY_OPENED",
          field: "helpdeskTicketNumber",
          retryable: false,
        });
    }
    expect(one.sandbox.received).toHaveLength(ROUNDS);
  });
});

describe("unlessAlreadyOpened", () => {
  test("MUST tell the ticket's id, also of a create without the flag, and let other numbers and desks pass", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const { payload: plain } = await mutate(service, "createHelpdeskTicket");
    const number = String(HELPDESK_TICKET.helpdeskTicketNumber);

    const refused = await create(service);
    const other = await create(service, { helpdeskTicketNumber: "999" });
    const voice = await mutate(service, "createVoiceTicket", { ...ONCE, sourceTicketId: number });
    const unflagged = await mutate(service, "createHelpdeskTicket");

    expect(refused).toMatchObject({
      ticket: null,
      submission: null,
      existingTicket: { id: plain?.ticket?.id, number: plain?.ticket?.number },
      problems: [{ code: "ALREADY_OPENED" }],
    });
    for (const payload of [other, voice.payload, unflagged.payload]) expect(payload?.problems).toEqual([]);
  });

  test("MUST answer a repeated key with its own outcome", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const idempotencyKey = "a-key-of-this-test";
    const first = await create(service, { idempotencyKey });

    expect(await create(service, { idempotencyKey })).toEqual(replayOf(first));
  });

  test.each([
    ["it was refused", "refuse", []],
    ["it had no effect", "unauthorized", []],
    ["it is in doubt", "cut-after", ["ALREADY_OPENED"]],
  ] as const)("MUST treat a complaint after a create by what came of it: %s", async (_, mood, codes) => {
    await using service = await startServiceOn("PostgreSQL");
    service.sandbox.setMood(mood, { times: 1 });
    const first = await create(service, { idempotencyKey: "a-key-of-this-test" });
    expect(first?.problems).toHaveLength(1);

    const second = await create(service, { idempotencyKey: "another-key-of-it" });

    expect(second?.problems.map(({ code }) => code)).toEqual(codes);
    expect(second?.existingTicket).toBe(null);
  });

  test("MUST be free after NOT_CREATED, and the earlier key is then refused in its turn", async () => {
    await using service = await startServiceOn("PostgreSQL");
    service.sandbox.setMood("unauthorized", { times: 1 });
    const earlier = { idempotencyKey: "a-key-of-this-test" };
    await create(service, earlier); // had no effect, so its key may run again

    const opened = await create(service, { idempotencyKey: "another-key-of-it" });
    const again = await create(service, earlier);
    const unflagged = await create(service, { ...earlier, unlessAlreadyOpened: false });

    expect(opened?.problems).toEqual([]);
    expect(again).toMatchObject({
      existingTicket: { id: opened?.ticket?.id },
      problems: [{ code: "ALREADY_OPENED" }],
    });
    expect(unflagged?.problems).toEqual([]);
  });

  test("MUST count for a voice ticket by its id in Omnix, which must then be there", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const voice = async (changes: object = {}) =>
      (await mutate(service, "createVoiceTicket", { ...ONCE, ...changes })).payload;
    const first = await voice();

    expect(await voice()).toMatchObject({
      existingTicket: { id: first?.ticket?.id },
      problems: [{ code: "ALREADY_OPENED", field: "sourceTicketId" }],
    });
    expect((await voice({ sourceTicketId: null }))?.problems).toMatchObject([
      { code: "INVALID_INPUT", field: "sourceTicketId" },
    ]);
    expect((await voice({ sourceTicketId: `${VOICE_TICKET.sourceTicketId}2` }))?.problems).toEqual([]);
  });
});
