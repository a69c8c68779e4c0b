import { REQUIRED_CLEAR_LINE, TICKET_ID } from "../tickets/fields/field-types.ts";
import type { Command } from "./command.ts";

/** Deletes the stored data of a ticket. */
export const forget: Command = {
  argument: "TICKET",
  options: { by: "text" },
  usage: ["forget TICKET [--by NAME]"],
  meaning: "Deletes the stored data of the ticket with this id of Sociomile. Its submissions stay.",
  prepare(given) {
    const ticketId = given.argument(TICKET_ID);
    const by = given.text("by", REQUIRED_CLEAR_LINE);
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
