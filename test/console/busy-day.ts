import { bytesOf, textOf } from "../../src/ledger/clock.ts";
import { mutate } from "../support/mutations.ts";
import { startBank } from "./opened-console.ts";

/** Ticket of the late acceptance. */
export const LATE_TICKET = "690d950c5f287ad0ff3bd9d9";

/** Starts a bank whose ledger holds one of everything that an operator meets, of several ages. */
export async function startBusyDay() {
  await using opening = new AsyncDisposableStack();
  const bank = opening.use(await startBank());
  const { clients } = bank;
  await mutate(clients, "createHelpdeskTicket", {
    helpdeskTicketNumber: "826201",
    idempotencyKey: "key-of-a-done-request",
  });
  clients.sandbox.setMood("refuse", { times: 1 });
  const refused = (await mutate(clients, "createHelpdeskTicket", { helpdeskTicketNumber: "826202" })).payload!
    .submission!.id;
  const conflict = await bank.doubt("createHelpdeskTicket", { helpdeskTicketNumber: "826203", branchCode: "014" });
  await bank.age(95);
  await bank.resolve(conflict, { verdict: "NOT_CREATED", note: "case 4698" });
  await bank.change(conflict, "conflicting_ticket_id = ?", LATE_TICKET);
  await bank.change(refused, "state = 'NOT_EXECUTED', reason = 'DELIVERY_EXPIRED'");
  const old = await bank.doubt("createHelpdeskTicket", { helpdeskTicketNumber: "826204", branchCode: "002" });
  await bank.age(31 * 60);
  const update = await bank.doubt("updateTicketStatus");
  const voice = await bank.doubt("createVoiceTicket");
  await bank.age(47);
  const young = await bank.doubt("createHelpdeskTicket");
  const queued = [await bank.queue(), await bank.queue("createVoiceTicket")] as const;
  // Its request cannot be read under another id, but nobody sends it before half an hour is over.
  const [waiting, other] = queued;
  const oldId = Buffer.from(bytesOf(waiting));
  oldId.writeUIntBE(oldId.readUIntBE(0, 6) - 78 * 60_000, 0, 6);
  await bank.change(waiting, "id = ?, handed_in_at = handed_in_at - ?", oldId, 78 * 60_000);
  const moved = opening.move();
  return {
    ...bank,
    ids: { conflict, old, update, voice, young, queued: [textOf(oldId), other] as const, expired: refused },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
