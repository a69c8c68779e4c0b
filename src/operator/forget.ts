import { A_TICKET_ID, REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import type { Command } from "./command.ts";

/** Deletes the stored data of a ticket. */
export const forget: Command = {
  argument: "TICKET",
  options: { by: "text" },
  usage: ["forget TICKET [--by NAME]"],
  meaning: "Deletes the stored data of the ticket with this id of Sociomile. Its submissions stay.",
  prepare(given) {
    const ticketId = given.argument(A_TICKET_ID);
    const by = given.text("by", REQUIRED_LINE);
    return async ({ ledger: { open } }) => {
      await using ledger = await open();
      const wasKnown = await ledger.forgetTicket(ticketId, by);
      return {
        text: wasKnown ? "The ticket is forgotten." : "Nothing was known about this ticket.",
        data: { ticketId, wasKnown },
      };
    };
  },
};
