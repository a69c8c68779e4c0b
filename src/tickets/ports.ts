import type { DeskAnswer } from "./outcome.ts";
import type { TicketRequest } from "./request.ts";

/** The desk where tickets are opened and moved: Sociomile, seen from here. */
export interface TicketDesk {
  /** Asks once. Never throws for anything that the vendor or the network does: each ending is a DeskAnswer. */
  send(request: TicketRequest): Promise<DeskAnswer>;
}
