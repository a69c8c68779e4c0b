import { Field, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { TicketOperation } from "../../tickets/request.ts";
import {
  type Resolution,
  type Submission,
  SubmissionReason,
  SubmissionState,
  Verdict,
} from "../../tickets/submission.ts";
import { DateTime } from "./scalars.ts";

registerEnumType(TicketOperation, {
  name: "TicketOperation",
  description: "What was asked of Sociomile.",
  valuesConfig: {
    CREATE_HELPDESK_TICKET: { description: "createHelpdeskTicket." },
    CREATE_VOICE_TICKET: { description: "createVoiceTicket." },
    UPDATE_TICKET_STATUS: { description: "updateTicketStatus." },
  },
});

registerEnumType(SubmissionState, {
  name: "TicketSubmissionState",
  description: "Where a submission stands.",
  valuesConfig: {
    SENDING: { description: "It is on its way." },
    CONFIRMED: { description: "Sociomile accepted it, or an operator found its ticket. Final." },
    REJECTED: { description: "Sociomile refused it; nothing was done. Final." },
    NOT_EXECUTED: { description: "It certainly had no effect. The same key may run again." },
    UNCERTAIN: { description: "Nobody can tell whether it had an effect. It is never run again." },
    SUPERSEDED: {
      description: "An update in doubt that a later accepted update of the same ticket made void. Final.",
    },
  },
});

registerEnumType(SubmissionReason, {
  name: "TicketSubmissionReason",
  description: "How a submission got to where it stands.",
  valuesConfig: {
    ACCEPTED_BY_SOCIOMILE: { description: "CONFIRMED: Sociomile said so." },
    CREATED_SAYS_OPERATOR: { description: "CONFIRMED: an operator found the ticket in Sociomile." },
    REFUSED_BY_SOCIOMILE: { description: "REJECTED: Sociomile named a field that it wants otherwise." },
    TOO_LARGE_FOR_SOCIOMILE: { description: "REJECTED: the request was too large." },
    SOCIOMILE_UNREACHABLE: { description: "NOT_EXECUTED: no connection could be made." },
    SOCIOMILE_CERTIFICATE_INVALID: {
      description: "NOT_EXECUTED: Sociomile could not prove that it is Sociomile.",
    },
    SOCIOMILE_SETTINGS_REFUSED: {
      description: "NOT_EXECUTED: Sociomile refused this service's own address or secret.",
    },
    SOCIOMILE_THROTTLED: { description: "NOT_EXECUTED: Sociomile asked for fewer requests." },
    NOT_SENT_IN_TIME: {
      description: "NOT_EXECUTED: this service was held up, and so did not send it any more.",
    },
    OVERLOADED: { description: "NOT_EXECUTED: too many requests to Sociomile were under way." },
    CIRCUIT_OPEN: { description: "NOT_EXECUTED: Sociomile was failing, and so was not asked for a while." },
    NOT_CREATED_SAYS_OPERATOR: { description: "NOT_EXECUTED: an operator found no ticket in Sociomile." },
    ANSWER_TIMED_OUT: { description: "UNCERTAIN: it was sent, and no answer came in time." },
    CONNECTION_LOST: { description: "UNCERTAIN: it was sent, and the connection broke before an answer." },
    ANSWER_NOT_UNDERSTOOD: {
      description: "UNCERTAIN: Sociomile answered something that its document does not know.",
    },
    TICKET_ID_REPEATED: {
      description:
        "UNCERTAIN: the answer carried the ticket id of another submission, and so may be the answer to another request.",
    },
    OWNER_DIED: { description: "UNCERTAIN: the process that sent it ended before it had an answer." },
    LATER_UPDATE_ACCEPTED: { description: "SUPERSEDED: a later update of the same ticket was accepted." },
  },
});

registerEnumType(Verdict, {
  name: "TicketSubmissionVerdict",
  description: "What an operator found in Sociomile.",
  valuesConfig: {
    CREATED: { description: "The ticket exists." },
    NOT_CREATED: { description: "No ticket was made." },
  },
});

@ObjectType("TicketSubmissionResolution", { description: "How an operator closed a doubt." })
export class SubmissionResolutionType implements Resolution {
  @Field(() => Verdict, { description: "What was found." })
  verdict!: Verdict;

  @Field(() => String, { description: "The client that said so." })
  by!: string;

  @Field(() => DateTime, { description: "When it was said." })
  at!: Temporal.Instant;

  @Field(() => String, { description: "What the operator wrote about it." })
  note!: string;
}

/** What of a submission is shown. */
type Shown = Omit<Submission, "clientId" | "idempotencyKey" | "ticketNumber" | "refusedField" | "traceId">;

const UNKNOWN = { nullable: true } as const;

@ObjectType("TicketSubmission", {
  description:
    "One request of one client, and what became of it. Remembered before anything is sent to Sociomile, so that none is sent " +
    "twice and none is lost. Holds no personal data.",
})
export class SubmissionType implements Shown {
  @Field(() => ID, { description: "The submission's id; opaque." })
  id!: string;

  @Field(() => TicketOperation, { description: "What was asked of Sociomile." })
  operation!: TicketOperation;

  @Field(() => SubmissionState, { description: "Where it stands." })
  state!: SubmissionState;

  @Field(() => SubmissionReason, {
    ...UNKNOWN,
    description: "How it got there. Null while it is on its way.",
  })
  reason!: SubmissionReason | null;

  @Field(() => Int, { description: "How many times it was tried to reach Sociomile." })
  attempts!: number;

  @Field(() => DateTime, { description: "When it was first asked." })
  createdAt!: Temporal.Instant;

  @Field(() => DateTime, {
    ...UNKNOWN,
    description:
      "When it came to where it stands; for UNCERTAIN, since when it is in doubt. Null while it is on its way.",
  })
  settledAt!: Temporal.Instant | null;

  @Field(() => ID, { ...UNKNOWN, description: "The ticket's id in Sociomile, as far as it is known." })
  ticketId!: string | null;

  @Field(() => String, { ...UNKNOWN, description: "The ticket's id at the bank, of an update." })
  bsgTicketId!: string | null;

  @Field(() => String, {
    ...UNKNOWN,
    description: "The ticket's number at the helpdesk, of a helpdesk ticket.",
  })
  helpdeskTicketNumber!: string | null;

  @Field(() => String, {
    ...UNKNOWN,
    description: "The complaint's registration number, of a helpdesk ticket.",
  })
  branchComplaintNumber!: string | null;

  @Field(() => String, { ...UNKNOWN, description: "The ticket's id in Omnix, of a voice ticket." })
  sourceTicketId!: string | null;

  @Field(() => String, { ...UNKNOWN, description: "The branch's code, of a helpdesk ticket." })
  branchCode!: string | null;

  @Field(() => SubmissionResolutionType, {
    ...UNKNOWN,
    description: "How an operator closed the doubt, if one did.",
  })
  resolution!: SubmissionResolutionType | null;
}
