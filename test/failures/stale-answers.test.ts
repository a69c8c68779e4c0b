import { expect, test } from "vitest";
import { FaultyNetwork } from "../support/faulty-network.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { openSandbox } from "../support/vendor.ts";

/** Fewer than the circuit breaker looks at: half of them end in doubt. */
const CALLS = 18;

/** Starts the service with a network to Sociomile that sends each answer on a kept connection twice. */
async function startWithRepeatedAnswers() {
  const opened = new AsyncDisposableStack();
  const sandbox = opened.use(await openSandbox());
  const network = opened.use(await FaultyNetwork.to({ port: Number(new URL(sandbox.url).port) }));
  const config = { SOCIOMILE_BASE_URL: `http://127.0.0.1:${network.port}` };
  const service = opened.use(await startService({ sandbox, config }));
  network.repeatAnswers();
  return { sandbox, service, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.each([
  ["one after another", 1],
  ["six at once", 6],
])(
  "An answer that arrives twice MUST NOT be read as the answer to another create, %s",
  async (_order, width) => {
    await using world = await startWithRepeatedAnswers();
    const { sandbox, service } = world;

    const payloads: { nth: number; payload: Awaited<ReturnType<typeof mutate>>["payload"] }[] = [];
    for (let round = 0; round < CALLS / width; round++)
      payloads.push(
        ...(await Promise.all(
          Array.from({ length: width }, async (_, place) => {
            const nth = round * width + place;
            const { payload } = await mutate(service, "createVoiceTicket", { content: `call ${nth}.` });
            return { nth, payload };
          }),
        )),
      );

    const madeFor = new Map(sandbox.tickets.map(({ id, request }) => [id, request["content"]]));
    const doubts = payloads.flatMap(({ payload }) => (payload!.ticket === null ? [payload!] : []));
    const repeated = service.events.filter(({ event }) => event === "sociomile.ticket_id_repeated");
    expect(sandbox.received).toHaveLength(payloads.length);
    expect(
      payloads.filter(({ nth, payload }) => {
        const id = payload!.ticket?.id;
        return id !== undefined && madeFor.get(id) !== `call ${nth}.`;
      }),
    ).toEqual([]);
    expect(doubts.length).toBeGreaterThan(0);
    expect(doubts.map(({ submission, problems }) => [submission?.reason, problems[0]?.code])).toEqual(
      doubts.map(() => ["TICKET_ID_REPEATED", "OUTCOME_UNKNOWN"]),
    );
    expect(repeated).toHaveLength(doubts.length);
  },
);

test.each([
  ["refuse", 1],
  ["throttle", 2], // a request that is throttled is sent a second time
  ["unauthorized", 1],
] as const)("A refusal that arrives twice MUST NOT refuse the next request: %s", async (mood, times) => {
  await using world = await startWithRepeatedAnswers();
  world.sandbox.setMood(mood, { times });
  expect((await mutate(world.service, "createVoiceTicket")).payload?.ticket).toBe(null);

  const { payload } = await mutate(world.service, "createVoiceTicket", { content: "the next" });

  expect(payload?.problems).toEqual([]);
});

test("The answer to an update that arrives twice MUST NOT show one customer's ticket in the answer about another", async () => {
  await using world = await startWithRepeatedAnswers();
  const { service } = world;
  const ids: string[] = [];
  for (let nth = 0; nth < 10; nth++) {
    const { payload } = await mutate(service, "createVoiceTicket", { customerName: `Customer ${nth}` });
    if (payload?.ticket) ids.push(payload.ticket.id);
  }
  expect(ids.length).toBeGreaterThan(2);

  const shown = [];
  for (const ticketId of [...ids, ...ids])
    shown.push((await mutate(service, "updateTicketStatus", { ticketId })).payload?.ticket);

  const nameOf = new Map(world.sandbox.tickets.map(({ id, request }) => [id, request["customer_name"]]));
  expect(shown.map((ticket) => [ticket?.id, ticket?.customerName])).toEqual(
    [...ids, ...ids].map((id) => [id, nameOf.get(id)]),
  );
});

test("The answer to a create that arrives twice MUST NOT confirm an update of that ticket", async () => {
  await using world = await startWithRepeatedAnswers();
  const { service, sandbox } = world;
  const created = await mutate(service, "createVoiceTicket");
  sandbox.setMood("unauthorized");

  const { payload } = await mutate(service, "updateTicketStatus", { ticketId: created.payload!.ticket!.id });

  expect(payload?.submission?.state).toBe("NOT_EXECUTED");
});
