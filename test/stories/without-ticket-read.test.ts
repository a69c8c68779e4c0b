import { expect, test } from "vitest";
import { UPDATED_AS_PRINTED } from "../sociomile/answers.ts";
import type { Client } from "../support/client.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { callerOf, startIssuer } from "../support/issuer.ts";
import { type Payload, inputOf, mutate } from "../support/mutations.ts";
import { type Options, startService } from "../support/service.ts";
import { answering, http, startVendor } from "../sociomile/scripted-vendor.ts";

/** Everything that Sociomile can tell about a ticket, with a mark in each text. */
const TOLD = UPDATED_AS_PRINTED.replaceAll(/: "(?!2025|InProgress)[^"]*"/g, ': "s3cret"');

async function startBeside(config: Options["config"] = {}) {
  await using opening = new AsyncDisposableStack();
  const issuer = opening.use(await startIssuer());
  const service = opening.use(await startService({ config: { ...config, ...issuer.auth } }));
  const callerWith = (scope: string) => callerOf(service, issuer, { scope });
  return Object.assign(opening.move(), { callerWith });
}

const KEY = { idempotencyKey: "the-key-of-the-update" };
const update = (client: Client) => mutate(client, "updateTicketStatus", KEY);

/** The names of the ticket's fields that are not null. */
const shown = (ticket: object | null | undefined) =>
  Object.entries(ticket ?? {}).flatMap(([field, value]) => (value === null ? [] : field));

test("updateTicketStatus without ticket:read MUST NOT show Sociomile's details of the ticket, neither at once nor in a replay, and hide it from no request that may read it", async () => {
  await using vendor = await startVendor(answering(http(200, TOLD)));
  await using scene = await startBeside({ SOCIOMILE_BASE_URL: vendor.url });

  for (const replayed of [false, true]) {
    const { payload, text } = await update(await scene.callerWith("ticket:update"));

    expect(payload).toMatchObject({ replayed, problems: [], submission: { state: "CONFIRMED" } });
    expect(payload?.ticket).toMatchObject({
      id: STATUS_CHANGE.ticketId,
      bsgTicketId: STATUS_CHANGE.bsgTicketId,
      status: "IN_PROGRESS",
    });
    expect(shown(payload?.ticket)).toEqual(["id", "bsgTicketId", "status", "observedAt"]);
    expect(text).not.toContain("s3cret");
    expect(text).not.toContain("2025-10-23");
  }
  const { payload: read } = await update(await scene.callerWith("ticket:update ticket:read"));
  expect(read).toMatchObject({ replayed: true, ticket: { customerName: "s3cret", isEscalated: true } });
});

/** Create that asks for details, which the example operation does not. */
const CREATE = `mutation ($input: CreateVoiceTicketInput!) {
  createVoiceTicket(input: $input) {
    replayed
    ticket { id number kind observedAt customerName customerPhone subject content status statusLabel detailsFrom sourceTicketId }
  }
}`;
async function openVoiceTicket(client: Client): Promise<Payload> {
  const variables = { input: inputOf("createVoiceTicket", KEY) };
  const answer = await client.post(JSON.stringify({ query: CREATE, variables }));
  return (answer.data as { createVoiceTicket: Payload }).createVoiceTicket;
}

test("A create without ticket:read MUST NOT show what was submitted, nor Sociomile's later details of the ticket in its replay", async () => {
  await using scene = await startBeside();
  const creator = await scene.callerWith("ticket:create");
  const updater = await scene.callerWith("ticket:update ticket:read");
  const reader = await scene.callerWith("ticket:create ticket:read");

  const first = await openVoiceTicket(creator);
  const ticketId = first.ticket?.id;
  const updated = await mutate(updater, "updateTicketStatus", { ticketId, status: "ON_HOLD" });
  const replay = await openVoiceTicket(creator);
  const open = await openVoiceTicket(reader);

  expect(shown(updated.payload?.ticket)).toContain("customerName");
  expect(shown(first.ticket)).toEqual(["id", "number", "kind", "observedAt"]);
  expect(replay).toMatchObject({ replayed: true, ticket: { id: ticketId, status: "ON_HOLD" } });
  expect(shown(replay.ticket)).toEqual(["id", "number", "kind", "observedAt", "status"]);
  expect(shown(open.ticket)).toEqual(expect.arrayContaining(["customerName", "content", "statusLabel"]));
});
