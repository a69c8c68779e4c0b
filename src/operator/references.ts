import { TICKET_ID } from "../tickets/fields/field-types.ts";
import { TicketReferenceType, fieldTypeOf } from "../tickets/fields/references.ts";
import type { SubmissionFilter } from "../tickets/ports.ts";
import type { Arguments } from "./arguments.ts";

type Wanted = Pick<SubmissionFilter, "ticketId" | "reference">;

/** Types of references by their options, such as --helpdesk-number. */
const REFERENCES: ReadonlyMap<string, TicketReferenceType> = new Map(
  Object.values(TicketReferenceType).map((type) => [
    type.toLowerCase().replace("_ticket", "").replaceAll("_", "-"),
    type,
  ]),
);
/** Options with a number or an id by which people search. `ticket` takes Sociomile's own id. */
export const WANTED = [...REFERENCES.keys(), "ticket"];

/** Reads the number or id by which people search. The other one is null. Throws UsageError when none is given, or several are. */
export function wantedBy(given: Arguments): Wanted {
  const option = given.oneOf(WANTED);
  const type = REFERENCES.get(option);
  if (type === undefined) return { ticketId: given.required(option, TICKET_ID), reference: null };
  return { ticketId: null, reference: { type, value: given.required(option, fieldTypeOf(type)) } };
}
