import { TicketOperation, WhenUnavailable } from "../../tickets/request.ts";
import { SubmissionReason, SubmissionState } from "../../tickets/submission.ts";
import { registerEnum } from "./described.ts";

registerEnum("TicketOperation", "Mutation that a client called.", TicketOperation, {
  CREATE_HELPDESK_TICKET: "Mutation createHelpdeskTicket.",
  CREATE_VOICE_TICKET: "Mutation createVoiceTicket.",
  UPDATE_TICKET_STATUS: "Mutation updateTicketStatus.",
});

registerEnum("WhenUnavailable", "Treatment of a request that Sociomile does not take now.", WhenUnavailable, {
  FAIL: "The caller is told, and may send the request again.",
  DELIVER_LATER:
    "This service stores the request and sends it once, when Sociomile takes it. The answer then has no ticket and no problems, and its submission is QUEUED. A status that " +
    "is sent late may overwrite what people did in Sociomile meanwhile.",
});

registerEnum("TicketSubmissionState", "State of a submission.", SubmissionState, {
  SENDING: "The request is being sent.",
  CONFIRMED: "Sociomile accepted the request, or an operator found its ticket. This state is final.",
  REJECTED: "Sociomile refused the request, and nothing was done. This state is final.",
  NOT_EXECUTED: "The request certainly had no effect. A call with the same key sends it again.",
  UNCERTAIN:
    "Nobody knows the effect of the request. This service never sends it again. For an update it is safe to set the status again under a new key.",
  SUPERSEDED:
    "A later update of the same ticket was accepted, and so this update is void: it was in doubt, or it was queued. Only a late acceptance of it changes that.",
  QUEUED:
    "The request is stored, and this service sends it when Sociomile takes it. Until then it can be cancelled.",
});

registerEnum("TicketSubmissionReason", "Reason for the state of a submission.", SubmissionReason, {
  ACCEPTED_BY_SOCIOMILE: "CONFIRMED: Sociomile accepted the request.",
  APPLIED_SAYS_OPERATOR: "CONFIRMED: an operator found the status in Sociomile.",
  CREATED_SAYS_OPERATOR: "CONFIRMED: an operator found the ticket in Sociomile.",
  REFUSED_BY_SOCIOMILE: "REJECTED: Sociomile named a field with a wrong value.",
  TOO_LARGE_FOR_SOCIOMILE: "REJECTED: the request was too large for Sociomile.",
  SOCIOMILE_UNREACHABLE: "NOT_EXECUTED or QUEUED: no connection to Sociomile could be opened.",
  SOCIOMILE_CERTIFICATE_INVALID: "NOT_EXECUTED or QUEUED: the certificate of Sociomile is invalid.",
  SOCIOMILE_SETTINGS_REFUSED:
    "NOT_EXECUTED or QUEUED: Sociomile, or the proxy on the way to it, refused the settings of this service.",
  SOCIOMILE_THROTTLED: "NOT_EXECUTED or QUEUED: Sociomile asked for fewer requests.",
  NOT_SENT_IN_TIME:
    "NOT_EXECUTED or QUEUED: it was too late to send the request. The mutations before it in the document had used the time, or this service was delayed or was stopping.",
  OVERLOADED: "NOT_EXECUTED or QUEUED: too many requests to Sociomile were in progress.",
  CIRCUIT_OPEN: "NOT_EXECUTED or QUEUED: Sociomile was failing, and this service paused its requests.",
  NOT_APPLIED_SAYS_OPERATOR: "NOT_EXECUTED: an operator did not find the status in Sociomile.",
  NOT_CREATED_SAYS_OPERATOR: "NOT_EXECUTED: an operator found no ticket in Sociomile.",
  ANSWER_TIMED_OUT: "UNCERTAIN: the request was sent, and no answer came in time.",
  CONNECTION_LOST: "UNCERTAIN: the request was sent, and the connection broke before an answer came.",
  ANSWER_NOT_UNDERSTOOD: "UNCERTAIN: Sociomile gave an answer that its document does not describe.",
  TICKET_ID_REPEATED:
    "UNCERTAIN: the answer held the ticket id of another submission or of a forgotten ticket, so it may be the answer to another request.",
  OWNER_DIED: "UNCERTAIN: the process that sent the request ended before an answer came.",
  OLDER_UPDATE_QUEUED:
    "QUEUED: an older update of the same ticket waits for delivery or is being sent, and goes first.",
  CANCELLED: "NOT_EXECUTED: the queued request was taken back.",
  DELIVERY_EXPIRED: "NOT_EXECUTED: Sociomile did not take the queued request in time.",
  ALREADY_OPENED:
    "NOT_EXECUTED: while the request with unlessAlreadyOpened was queued, another create opened its ticket. A call with the same key shows that ticket.",
  REQUEST_UNREADABLE: "NOT_EXECUTED: the stored request was damaged and could not be sent.",
  LATER_UPDATE_ACCEPTED: "SUPERSEDED: it was in doubt, and a later update of the same ticket was accepted.",
  NOT_SENT_LATER_UPDATE_ACCEPTED:
    "SUPERSEDED: it was queued and never sent, and a later update of the same ticket was accepted.",
});

export { SubmissionReason, SubmissionState, TicketOperation, WhenUnavailable };
