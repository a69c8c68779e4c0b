import type {
  CreateHelpdeskTicketInput,
  CreateVoiceTicketInput,
  UpdateTicketStatusInput,
} from "../../examples/generated/graphql.ts";
import { HELPDESK, STATUS, VOICE } from "../sociomile/requests.ts";

/** Example requests of Sociomile's document, as inputs of this service. Each request needs a key of its own. */

export const HELPDESK_TICKET: Omit<CreateHelpdeskTicketInput, "idempotencyKey"> = {
  ...HELPDESK.details,
  amount: 200000,
  claimDate: "2025-10-23T16:54:08+08:00",
};

export const VOICE_TICKET: Omit<CreateVoiceTicketInput, "idempotencyKey"> = {
  ...VOICE.details,
  createdAt: "2025-10-23T16:54:08+08:00",
  closedAt: "2025-10-23T15:40:10+08:00",
};

export const STATUS_CHANGE: UpdateTicketStatusInput = STATUS.details;
