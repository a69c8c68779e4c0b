import type { TicketRequest } from "../../tickets/request.ts";
import { readAnswer } from "../read.ts";
import { type Refusal, refusalsMistake } from "../refusals.ts";
import { MASK } from "../words.ts";
import { OPERATION_OF, vendorName } from "./plan.ts";
import type { Ended } from "./call.ts";

/** Returns the entry that would teach the service this answer. Null: it was understood, or cannot be taught. */
export function lesson({ step, outcome, wire, answered }: Ended, timeZone: string): Refusal | null {
  const message = answered?.message ?? null;
  if (!wire || message === null || outcome.outcome !== "unknown" || wire.status >= 500) return null;
  const [field = null] = Object.keys(step.changes ?? {});
  const names = field === null ? [] : [vendorName(step.of, field), field];
  const name = names.find((each) => message.toLowerCase().includes(each.toLowerCase()));
  const at = name === undefined ? -1 : message.toLowerCase().indexOf(name.toLowerCase());
  const hole = name && `${message.slice(0, at)}{field}${message.slice(at + name.length)}`;
  const literal = { message: message.replace(MASK, "{any}"), ...(field !== null && { field }) };
  const taught = [...(hole ? [{ message: hole }] : []), literal]
    .map((entry): Refusal => ({ id: idOf(step.id), status: wire.status, ...entry, means: "REJECTED" }))
    .find((entry) => !entry.message.includes(MASK) && refusalsMistake(JSON.stringify([entry])) === null);
  if (!taught) return null;
  const request = { operation: OPERATION_OF[step.of], details: {} } as TicketRequest;
  const read = readAnswer(request, wire, { timeZone, notice: () => {}, refusals: [taught] });
  return read.outcome === "rejected" ? taught : null;
}

/** One entry serves for all fields. */
function idOf(probe: string): string {
  return /^(?:mandatory|blank)\./.test(probe) ? probe.split(".", 2).join(".") : probe;
}
