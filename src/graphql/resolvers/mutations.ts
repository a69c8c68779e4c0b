import { Arg, Ctx, Mutation, Resolver, UseMiddleware } from "type-graphql";
import type { ProblemCode } from "../../errors.ts";
import type { Caller, Scope } from "../../identity/principal.ts";
import type { QueuedResult, ResolveResult } from "../../tickets/resolve.ts";
import type { Intent, Operator } from "../../tickets/ports.ts";
import type { DetailsOf, TicketOperation, TicketRequest } from "../../tickets/request.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { Context, ShownReceipt } from "../context.ts";
import { CreateHelpdeskTicketInput } from "../inputs/create-helpdesk-ticket.ts";
import { CreateVoiceTicketInput } from "../inputs/create-voice-ticket.ts";
import { type Controls, type SameFields, omitEmpty } from "../inputs/create-input.ts";
import {
  CancelTicketSubmissionInput,
  ResolveTicketSubmissionInput,
  RetryTicketSubmissionInput,
} from "../inputs/decide-ticket-submission.ts";
import { UpdateTicketStatusInput } from "../inputs/update-ticket-status.ts";
import { answerProblems } from "../inputs/validate.ts";
import { RequiresScope, checkOwner, principalIn } from "../scopes.ts";
import {
  CancelTicketSubmissionPayload,
  CreateHelpdeskTicketPayload,
  CreateVoiceTicketPayload,
  ResolveTicketSubmissionPayload,
  RetryTicketSubmissionPayload,
  UpdateTicketStatusPayload,
} from "../types/payloads.ts";
import { ForOperators } from "../types/described.ts";
import { Costs, WEIGHTS } from "../types/weights.ts";

/** Name of an operation's mutation: createVoiceTicket for CREATE_VOICE_TICKET. */
export type MutationOf<Operation extends string> = Operation extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<MutationOf<Tail>>}`
  : Lowercase<Operation>;

/** Declares a mutation that sends its input to Sociomile. */
const Submits =
  (scope: Scope, payload: Parameters<typeof Mutation>[0], description: string): MethodDecorator =>
  (resolvers, field, method) => {
    Mutation(payload, { nullable: true, description })(resolvers, field, method);
    RequiresScope(scope)(resolvers, field, method);
    Costs(WEIGHTS.call)(resolvers, field, method);
  };

/** Problems that a mutation can have. */
const withCodes = (description: string, ...codes: ProblemCode[]): string =>
  `${description} The codes of its problems are ${new Intl.ListFormat("en-GB").format(codes)}.`;

/** Codes of every request that is sent to Sociomile. */
const OF_REQUESTS: readonly ProblemCode[] = [
  "INVALID_INPUT",
  "IDEMPOTENCY_KEY_REUSED",
  "IN_PROGRESS",
  "SOCIOMILE_REJECTED",
  "SOCIOMILE_UNAVAILABLE",
  "LEDGER_UNAVAILABLE",
];
/** Codes of the mutations that open a ticket. */
const OF_CREATES: readonly ProblemCode[] = [...OF_REQUESTS, "OUTCOME_UNKNOWN", "ALREADY_OPENED"];
/** Codes of the mutations about a submission. SUBMISSION_CHANGED stands at `seen` where front ends see the mutation. */
const OF_DECISIONS: readonly ProblemCode[] = ["INVALID_INPUT", "SUBMISSION_NOT_FOUND", "LEDGER_UNAVAILABLE"];

// Every mutation is nullable: with "!", one failing field would null the receipts of the others.
@Resolver()
@UseMiddleware(answerProblems)
export class TicketMutations implements Record<MutationOf<TicketOperation>, unknown> {
  @Submits(
    "ticket:create",
    () => CreateHelpdeskTicketPayload,
    withCodes("Opens a helpdesk ticket in Sociomile.", ...OF_CREATES),
  )
  createHelpdeskTicket(
    @Arg("input", () => CreateHelpdeskTicketInput, { description: "Complaint to send." })
    input: CreateHelpdeskTicketInput,
    @Ctx() { submit, caller }: Context,
  ): Promise<ShownReceipt> {
    return submit(intentOf("CREATE_HELPDESK_TICKET", input, caller));
  }

  @Submits(
    "ticket:create",
    () => CreateVoiceTicketPayload,
    withCodes("Opens a voice ticket in Sociomile.", ...OF_CREATES),
  )
  createVoiceTicket(
    @Arg("input", () => CreateVoiceTicketInput, { description: "Call to send." })
    input: CreateVoiceTicketInput,
    @Ctx() { submit, caller }: Context,
  ): Promise<ShownReceipt> {
    return submit(intentOf("CREATE_VOICE_TICKET", input, caller));
  }

  @Submits(
    "ticket:update",
    () => UpdateTicketStatusPayload,
    withCodes("Changes the status of a ticket in Sociomile.", ...OF_REQUESTS, "STATUS_UNKNOWN"),
  )
  updateTicketStatus(
    @Arg("input", () => UpdateTicketStatusInput, { description: "Status change to send." })
    input: UpdateTicketStatusInput,
    @Ctx() { submit, caller }: Context,
  ): Promise<ShownReceipt> {
    return submit(intentOf("UPDATE_TICKET_STATUS", input, caller));
  }

  @ForOperators()
  @RequiresScope("submission:resolve")
  @Mutation(() => RetryTicketSubmissionPayload, {
    nullable: true,
    description: withCodes(
      "Makes a QUEUED submission due now. One that is over its time, and waits for an operator, gets a new time.",
      ...OF_DECISIONS,
      "SUBMISSION_CHANGED",
      "SUBMISSION_NOT_QUEUED",
    ),
  })
  retryTicketSubmission(
    @Arg("input", () => RetryTicketSubmissionInput, { description: "Submission to deliver now." })
    { submissionId, seen = null }: RetryTicketSubmissionInput,
    @Ctx() { retry, caller }: Context,
  ): Promise<QueuedResult> {
    return retry(submissionId, { ...operatorIn(caller), seen });
  }

  @RequiresScope("submission:resolve", { orOwner: true })
  @Mutation(() => CancelTicketSubmissionPayload, {
    nullable: true,
    description: withCodes(
      "Takes a QUEUED submission back, so that its request is not sent. A submission that is being sent cannot be taken back.",
      ...OF_DECISIONS,
      "SUBMISSION_NOT_QUEUED",
    ),
  })
  cancelTicketSubmission(
    @Arg("input", () => CancelTicketSubmissionInput, { description: "Submission to take back." })
    { submissionId, seen = null }: CancelTicketSubmissionInput,
    @Ctx() { cancel, caller }: Context,
  ): Promise<QueuedResult> {
    const mayCancel = (submission: Submission | null) => checkOwner(submission?.clientId, caller, "submission:resolve");
    return cancel(submissionId, { ...operatorIn(caller), seen }, mayCancel);
  }

  @ForOperators()
  @RequiresScope("submission:resolve")
  @Mutation(() => ResolveTicketSubmissionPayload, {
    nullable: true,
    description: withCodes(
      "Closes the doubt about a create with the verdict of an operator who has looked in Sociomile, or corrects " +
        "an earlier verdict.",
      ...OF_DECISIONS,
      "SUBMISSION_CHANGED",
      "SUBMISSION_NOT_IN_DOUBT",
      "TOO_EARLY",
      "TICKET_ID_TAKEN",
    ),
  })
  resolveTicketSubmission(
    @Arg("input", () => ResolveTicketSubmissionInput, { description: "Verdict of the operator." })
    input: ResolveTicketSubmissionInput,
    @Ctx() { resolve, caller }: Context,
  ): Promise<ResolveResult> {
    const { ticketId = null, ticketNumber = null, ...verdict } = omitEmpty(input);
    return resolve({ ...verdict, ticketId, ticketNumber, ...operatorIn(caller) });
  }
}

function operatorIn(caller: Caller): Operator {
  const { clientId: by, person: byPerson } = principalIn(caller);
  return { by, byPerson };
}

/** Makes an intent of an input. It compiles only when the input has exactly the fields of the operation's request. */
function intentOf<Operation extends TicketOperation, Input extends Controls>(
  operation: Operation,
  input: Input & SameFields<Input, DetailsOf<Operation>>,
  caller: Caller,
): Intent {
  const { idempotencyKey = null, unlessAlreadyOpened = false, whenUnavailable = "FAIL", ...details } = input;
  const request = { operation, details: omitEmpty<object>(details) } as TicketRequest;
  const { clientId, person: requestedBy } = principalIn(caller);
  return { clientId, requestedBy, idempotencyKey, request, unlessAlreadyOpened, whenUnavailable };
}
