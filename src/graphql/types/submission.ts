import { Directive, ID, Int, ObjectType } from "type-graphql";
import { TicketOperation } from "../../tickets/request.ts";
import {
  type Action,
  OperatorChange,
  type Submission,
  SubmissionReason,
  SubmissionState,
  Verdict,
} from "../../tickets/submission.ts";
import { TicketStatus } from "../../tickets/ticket.ts";
import { RequiresScope } from "../scopes.ts";
import { DateTime } from "./scalars.ts";
import type { SubmissionCount } from "../../tickets/ports.ts";
import { Always, ForOperators, IdField, Maybe, TextField, TimeField, registerEnum } from "./fields.ts";

registerEnum("TicketOperation", "Mutation that a client called.", TicketOperation);
registerEnum("TicketSubmissionState", "State of a submission.", SubmissionState);
registerEnum(
  "TicketSubmissionReason",
  "Reason for the state of a submission, for operators and logs: what front ends do next depends on the state alone.",
  SubmissionReason,
);
registerEnum("TicketSubmissionVerdict", "Result of an operator's search in Sociomile.", Verdict);
registerEnum("TicketSubmissionActionType", "Change of a submission by an operator.", OperatorChange);

const OF_HELPDESK = "Only helpdesk tickets have it.";

/** Fields of a submission that fields-on-demand.ts resolves. */
type OnDemand = "conflictingTicketId" | "version";
/** Fields of a submission that the schema does not show. */
type Unshown = "ticketNumber" | "maskedTicketId";

@RequiresScope("submission:read", { orOwner: true })
@Directive('@key(fields: "id")')
@ObjectType("TicketSubmission", {
  description:
    "Request of one client, with its outcome. This service records it before anything is sent to Sociomile, so " +
    "that no request is sent twice and none is lost. Personal data stands in `submitted` alone.",
})
export class SubmissionType implements Omit<Submission, Unshown | OnDemand> {
  @Always(() => ID, "Id of the submission. It is opaque.") id!: string;
  @Always(() => String, "Id of the client that sent the request.") clientId!: string;
  @TextField("Id of the person who asked for the request. It is null when the client did not tell.")
  requestedBy!: string | null;
  @Always(() => TicketOperation, "Mutation that the client called.") operation!: TicketOperation;
  @Always(() => SubmissionState, "State of the submission.") state!: SubmissionState;
  @Maybe(() => SubmissionReason, "Reason for the state. It is null while the request is being sent.")
  reason!: SubmissionReason | null;
  @Always(() => Int, "Number of tries to send it to Sociomile.") attempts!: number;
  @Always(() => DateTime, "Time of the first call.") createdAt!: Temporal.Instant;
  @TimeField(
    "Time when the submission reached its state, at which the doubt of an UNCERTAIN one began. It is null while " +
      "the request is being sent.",
  )
  settledAt!: Temporal.Instant | null;
  @TimeField(
    "Time until which this service tries to send the stored request. It is null unless the request waits for " +
      "delivery or is being delivered.",
  )
  deliverBy!: Temporal.Instant | null;
  @TimeField(
    "Time of the next attempt to send the stored request. It is null unless the state is QUEUED, and while the " +
      "request waits for an operator.",
  )
  nextTryAt!: Temporal.Instant | null;
  @IdField("Id of the ticket in Sociomile, as far as it is known.") ticketId!: string | null;
  @TextField("Id of the ticket at the bank. Only updates have it.") bsgTicketId!: string | null;
  @TextField(`Number of the ticket at the helpdesk. ${OF_HELPDESK}`) helpdeskTicketNumber!: string | null;
  @TextField(`Registration number of the complaint at the branch. ${OF_HELPDESK}`)
  branchComplaintNumber!: string | null;
  @TextField("Id of the ticket in Omnix. Only voice tickets have it.") sourceTicketId!: string | null;
  @TextField(`Code of the branch. ${OF_HELPDESK}`) branchCode!: string | null;
  @Maybe(() => TicketStatus, "Status that was requested. Only updates have it.") requestedStatus!: TicketStatus | null;
  @TextField("Input field that Sociomile refused, by its name in this schema. It is null unless the state is REJECTED.")
  refusedField!: string | null;
  @TextField("Sociomile's id of the incident, for its support. It is null when Sociomile gave none.")
  traceId!: string | null;
}

@Directive("@shareable")
@ObjectType({ description: "Position of a page in its list, by the Relay specification of connections." })
class PageInfo {
  @Always(() => Boolean, "True when items follow this page.") hasNextPage!: boolean;
  @Always(() => Boolean, "True when items precede this page, as far as that is known.") hasPreviousPage!: boolean;
  @TextField("Cursor of the first item. It is null when the page is empty.") startCursor!: string | null;
  @TextField("Cursor of the last item, for `after`. It is null when the page is empty.") endCursor!: string | null;
}

@ForOperators()
@ObjectType("TicketSubmissionEdge", { description: "Submission in a list." })
class SubmissionEdge {
  @Always(() => String, "Position in the list, for `after`. It is opaque.") cursor!: string;
  @Always(() => SubmissionType, "Submission at this position.") node!: SubmissionType;
}

@ForOperators()
@ObjectType("TicketSubmissionConnection", { description: "Page of submissions." })
export class SubmissionConnection {
  @Always(() => [SubmissionEdge], "Submissions of this page.") edges!: SubmissionEdge[];
  @Always(() => [SubmissionType], "Submissions of this page, without their cursors.") nodes!: SubmissionType[];
  @Always(() => PageInfo, "Position of this page in the list.") pageInfo!: PageInfo;
}

const HIDDEN = "for clients without the scope `submission:read`.";
const OF_PERSON =
  "Id of the operator; of `command line`, the name that somebody typed. It is null when the client did not tell, and " +
  HIDDEN;

@ForOperators()
@ObjectType("TicketSubmissionAction", { description: "Change of a submission by an operator." })
export class SubmissionActionType implements Omit<Action, "nth" | "kind" | "client" | "person"> {
  @Always(() => OperatorChange, "Change that was made.") type!: keyof typeof OperatorChange;
  @Maybe(() => Verdict, "Verdict. Only VERDICT and CORRECTION have it.") verdict!: Verdict | null;
  @IdField("Id of the ticket that the operator found.") ticketId!: string | null;
  @TextField("Number of the ticket that the operator found.") ticketNumber!: string | null;
  @TextField(`Id of the client that sent it. It is null ${HIDDEN}`) by!: string | null;
  @TextField(OF_PERSON) byPerson!: string | null;
  @Always(() => DateTime, "Time of the change.") at!: Temporal.Instant;
  @TextField(`Note of the operator. It is null when none was given, when the ticket was forgotten, and ${HIDDEN}`)
  note!: string | null;
}

@ForOperators()
@ObjectType("TicketSubmissionResolution", { description: "Resolution by which an operator closed a doubt." })
export class SubmissionResolutionType {
  @Always(() => Verdict, "Verdict of the operator.") verdict!: Verdict;
  @IdField("Id of the ticket that the operator found.") ticketId!: string | null;
  @TextField("Number of the ticket that the operator found.") ticketNumber!: string | null;
  @TextField(`Id of the client that sent the resolution. It is null ${HIDDEN}`) resolvedBy!: string | null;
  @TextField(OF_PERSON) resolvedByPerson!: string | null;
  @Always(() => DateTime, "Time of the resolution.") resolvedAt!: Temporal.Instant;
  @TextField(`Note of the operator. It is null when the ticket was forgotten, and ${HIDDEN}`) note!: string | null;
}

@ForOperators()
@ObjectType("TicketSubmissionCount", { description: "Number of submissions that have these three in common." })
export class SubmissionCountType implements SubmissionCount {
  @Always(() => TicketOperation, "Mutation that the client called.") operation!: TicketOperation;
  @Always(() => SubmissionState, "State.") state!: SubmissionState;
  @Maybe(() => SubmissionReason, "Reason. It is null for SENDING.") reason!: SubmissionReason | null;
  @Always(() => Int, "Number of submissions.") count!: number;
}
