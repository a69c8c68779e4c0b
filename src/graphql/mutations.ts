import { setImmediate } from "node:timers/promises";
import { Arg, Ctx, type MiddlewareFn, Mutation, Resolver, UseMiddleware } from "type-graphql";
import type { Problem, ProblemCode } from "../errors.ts";
import type { Caller, Scope } from "../identity/principal.ts";
import type { QueuedResult } from "../tickets/resolve.ts";
import type { Operator } from "../tickets/ports.ts";
import type { DetailsOf, TicketOperation, TicketRequest, WhenUnavailable } from "../tickets/request.ts";
import type { ResolveResult } from "../tickets/resolve.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Context, ShownReceipt } from "./context.ts";
import { RequiresScope, checkOwner, principalIn } from "./scopes.ts";
import { ForOperators, InvalidInput } from "./types/fields.ts";
import {
  CancelTicketSubmissionPayload,
  CreateHelpdeskTicketPayload,
  CreateVoiceTicketPayload,
  ResolveTicketSubmissionPayload,
  RetryTicketSubmissionPayload,
  UpdateTicketStatusPayload,
} from "./types/payloads.ts";
import {
  CancelTicketSubmissionInput,
  ResolveTicketSubmissionInput,
  RetryTicketSubmissionInput,
} from "./types/submission-inputs.ts";
import { CreateHelpdeskTicketInput, CreateVoiceTicketInput, UpdateTicketStatusInput } from "./types/ticket-inputs.ts";
import { Costs, WEIGHTS } from "./weight.ts";

/** Name of an operation's mutation: createVoiceTicket for CREATE_VOICE_TICKET. */
export type MutationOf<Operation extends string> = Operation extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<MutationOf<Tail>>}`
  : Lowercase<Operation>;

/** Fields of an input that say how to submit. They are not part of the ticket. */
interface Controls {
  idempotencyKey?: string | null;
  whenUnavailable?: WhenUnavailable;
  unlessAlreadyOpened?: boolean;
}

/** Details of a request as a caller may write them: an optional field may also be null. */
type Written<Details> = {
  [Field in keyof Details]: object extends Pick<Details, Field> ? Details[Field] | null : Details[Field];
};

/** Type that `Input` fits only when it has exactly the fields of `Details`: the compiler alone accepts more fields. */
export type SameFields<Input, Details> = Written<Details> &
  Record<Exclude<keyof Input, keyof Details | keyof Controls>, never> &
  Record<Exclude<keyof Details, keyof Input>, never>;

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

/** Declares a mutation that has these problems. */
const Answers =
  (payload: Parameters<typeof Mutation>[0], meaning: string, ...codes: ProblemCode[]): MethodDecorator =>
  (resolvers, field, method) => {
    const description = `${meaning} The codes of its problems are ${new Intl.ListFormat("en-GB").format(codes)}.`;
    Mutation(payload, { nullable: true, description })(resolvers, field, method);
  };

/** Marks a mutation that sends its input to Sociomile. */
const Sends =
  (scope: Scope): MethodDecorator =>
  (resolvers, field, method) => {
    RequiresScope(scope)(resolvers, field, method);
    Costs(WEIGHTS.call)(resolvers, field, method);
  };

/** Answers invalid input with problems, and records the problems of every answer. */
const answerProblems: MiddlewareFn<Context> = async ({ context }, next) => {
  if (context.begun.mutations++ > 0) await setImmediate(); // ten long inputs in one turn would block others
  const answer: Promise<{ problems: readonly Problem[]; ledgerFault?: string }> = next();
  return context.record.addProblems(
    await answer.catch((error: unknown) => {
      if (!(error instanceof InvalidInput)) throw error;
      return { ticket: null, submission: null, problems: error.problems, replayed: false };
    }),
  );
};

// Every mutation is nullable: with "!", one failing field would null the receipts of the others.
@Resolver()
@UseMiddleware(answerProblems)
export class TicketMutations implements Record<MutationOf<TicketOperation>, unknown> {
  @Sends("ticket:create")
  @Answers(() => CreateHelpdeskTicketPayload, "Opens a helpdesk ticket in Sociomile.", ...OF_CREATES)
  createHelpdeskTicket(
    @Arg("input", () => CreateHelpdeskTicketInput, { description: "Complaint to send." })
    input: CreateHelpdeskTicketInput,
    @Ctx() context: Context,
  ): Promise<ShownReceipt> {
    return submitInput("CREATE_HELPDESK_TICKET", input, context);
  }

  @Sends("ticket:create")
  @Answers(() => CreateVoiceTicketPayload, "Opens a voice ticket in Sociomile.", ...OF_CREATES)
  createVoiceTicket(
    @Arg("input", () => CreateVoiceTicketInput, { description: "Call to send." }) input: CreateVoiceTicketInput,
    @Ctx() context: Context,
  ): Promise<ShownReceipt> {
    return submitInput("CREATE_VOICE_TICKET", input, context);
  }

  @Sends("ticket:update")
  @Answers(
    () => UpdateTicketStatusPayload,
    "Changes the status of a ticket in Sociomile.",
    ...OF_REQUESTS,
    "STATUS_UNKNOWN",
  )
  updateTicketStatus(
    @Arg("input", () => UpdateTicketStatusInput, { description: "Status change to send." })
    input: UpdateTicketStatusInput,
    @Ctx() context: Context,
  ): Promise<ShownReceipt> {
    return submitInput("UPDATE_TICKET_STATUS", input, context);
  }

  @ForOperators()
  @RequiresScope("submission:resolve")
  @Answers(
    () => RetryTicketSubmissionPayload,
    "Makes a QUEUED submission due now. One that is over its time, and waits for an operator, gets a new time.",
    ...OF_DECISIONS,
    "SUBMISSION_CHANGED",
    "SUBMISSION_NOT_QUEUED",
  )
  retryTicketSubmission(
    @Arg("input", () => RetryTicketSubmissionInput, { description: "Submission to deliver now." })
    { submissionId, seen = null }: RetryTicketSubmissionInput,
    @Ctx() context: Context,
  ): Promise<QueuedResult> {
    const by = { ...operatorIn(context.caller), seen };
    return context.decide((parts, limits) => parts.retry(submissionId, by, undefined, limits));
  }

  @RequiresScope("submission:resolve", { orOwner: true })
  @Answers(
    () => CancelTicketSubmissionPayload,
    "Takes a QUEUED submission back, so that its request is not sent. A submission that is being sent cannot be taken back.",
    ...OF_DECISIONS,
    "SUBMISSION_NOT_QUEUED",
  )
  cancelTicketSubmission(
    @Arg("input", () => CancelTicketSubmissionInput, { description: "Submission to take back." })
    { submissionId, seen = null }: CancelTicketSubmissionInput,
    @Ctx() context: Context,
  ): Promise<QueuedResult> {
    const { caller } = context;
    const mayCancel = (submission: Submission | null) => checkOwner(submission?.clientId, caller, "submission:resolve");
    const by = { ...operatorIn(caller), seen };
    return context.decide((parts, limits) => parts.cancel(submissionId, by, mayCancel, limits));
  }

  @ForOperators()
  @RequiresScope("submission:resolve")
  @Answers(
    () => ResolveTicketSubmissionPayload,
    "Closes the doubt about a create with the verdict of an operator who has looked in Sociomile, or corrects " +
      "an earlier verdict.",
    ...OF_DECISIONS,
    "SUBMISSION_CHANGED",
    "SUBMISSION_NOT_IN_DOUBT",
    "TOO_EARLY",
    "TICKET_ID_TAKEN",
  )
  resolveTicketSubmission(
    @Arg("input", () => ResolveTicketSubmissionInput, { description: "Verdict of the operator." })
    input: ResolveTicketSubmissionInput,
    @Ctx() context: Context,
  ): Promise<ResolveResult> {
    const { ticketId = null, ticketNumber = null, ...verdict } = omitEmpty(input);
    const request = { ...verdict, ticketId, ticketNumber, ...operatorIn(context.caller) };
    return context.decide(({ resolve }, limits) => resolve(request, limits));
  }
}

function operatorIn(caller: Caller): Operator {
  const { clientId: by, person: byPerson } = principalIn(caller);
  return { by, byPerson };
}

/** Submits an input. It compiles only when the input has exactly the fields of the operation's request. */
function submitInput<Operation extends TicketOperation, Input extends Controls>(
  operation: Operation,
  input: Input & SameFields<Input, DetailsOf<Operation>>,
  context: Context,
): Promise<ShownReceipt> {
  const { idempotencyKey = null, unlessAlreadyOpened = false, whenUnavailable = "FAIL", ...details } = input;
  const request = { operation, details: omitEmpty<object>(details) } as TicketRequest;
  const { clientId, person: requestedBy } = principalIn(context.caller);
  return context.submit({ clientId, requestedBy, idempotencyKey, request, unlessAlreadyOpened, whenUnavailable });
}

/** Returns the fields of an input as plain data. Null is left out, because it means absent. */
function omitEmpty<Input extends object>(input: Input) {
  const present = Object.entries(input).filter(([, value]) => value != null);
  return Object.fromEntries(present) as { [Field in keyof Input]: Exclude<Input[Field], null> };
}
