import { bytesOf, textOf } from "../../src/ledger/ids.ts";
import { mutate } from "../support/mutations.ts";
import { startOperatedService } from "./operator-process.ts";

/** Ticket of the late acceptance. */
export const LATE_TICKET = "690d950c5f287ad0ff3bd9d9";

/** Starts a service whose ledger holds one of everything that an operator meets, of several ages. */
export async function startBusyDay() {
  await using opening = new AsyncDisposableStack();
  const service = opening.use(await startOperatedService("SQLite"));
  await mutate(service, "createHelpdeskTicket", {
    helpdeskTicketNumber: "826201",
    idempotencyKey: "key-of-a-done-request",
  });
  service.sandbox.setMood("refuse", { times: 1 });
  const refused = (await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: "826202" })).payload!
    .submission!.id;
  const conflict = await service.doubt("createHelpdeskTicket", {
    helpdeskTicketNumber: "826203",
    branchCode: "014",
  });
  await service.age(95);
  await service.json("resolve", conflict, "--not-created", "--note", "case 4698", "--by", "Budi");
  await service.change(conflict, "conflicting_ticket_id = ?", LATE_TICKET);
  await service.change(refused, "state = 'NOT_EXECUTED', reason = 'DELIVERY_EXPIRED'");
  const old = await service.doubt("createHelpdeskTicket", {
    helpdeskTicketNumber: "826204",
    branchCode: "002",
  });
  await service.age(31 * 60);
  const update = await service.doubt("updateTicketStatus");
  const voice = await service.doubt("createVoiceTicket");
  await service.age(47);
  const young = await service.doubt("createHelpdeskTicket");
  const queued = [await service.queue(), await service.queue("createVoiceTicket")] as const;
  // Its request cannot be read under another id, but nobody sends it before half an hour is over.
  const [waiting, other] = queued;
  const oldId = Buffer.from(bytesOf(waiting));
  oldId.writeUIntBE(oldId.readUIntBE(0, 6) - 78 * 60_000, 0, 6);
  await service.change(waiting, "id = ?, handed_in_at = handed_in_at - ?", oldId, 78 * 60_000);
  const moved = opening.move();
  return {
    ...service,
    ids: { conflict, old, update, voice, young, queued: [textOf(oldId), other] as const, expired: refused },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
