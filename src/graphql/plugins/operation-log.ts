import type { ApolloServerPlugin, GraphQLRequestListener } from "@apollo/server";
import {
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import type { Problem, ProblemCode } from "../../errors.ts";
import type { Caller } from "../../identity/principal.ts";
import type { Events, Observe, SubmissionLine } from "../../telemetry/events.ts";
import { hidesCardNumber } from "../../tickets/fields/card-number.ts";
import { millisecondsSince } from "../../tickets/attempt.ts";
import { type Intent, LedgerUnavailable } from "../../tickets/ports.ts";
import { SubmissionState } from "../../tickets/submission.ts";
import { type Receipt, lacksKey } from "../../tickets/submit.ts";

/** Ids that connect the log lines of one request. */
export interface Correlation {
  requestId: string;
  /** Trace context of the router (https://www.w3.org/TR/trace-context/#traceparent-header), if it sent one. */
  traceParent: string | null;
}

/** Problems of requests that never became a submission. */
const NOT_SUBMITTED = [
  "INVALID_INPUT",
  "IDEMPOTENCY_KEY_REUSED",
  "ALREADY_OPENED",
  "LEDGER_UNAVAILABLE",
] as const satisfies ProblemCode[];
/** Outcomes of a mutation in the log: the state of its submission, REPLAYED, or the problem that prevented a submission. */
export const OUTCOMES: readonly string[] = [...Object.keys(SubmissionState), "REPLAYED", ...NOT_SUBMITTED];

/** Facts about one operation, collected while it runs and logged with its answer. */
export class OperationRecord {
  readonly correlation: Correlation;
  readonly startedAt = Date.now();
  readonly #beganAt = performance.now();
  readonly submissions: SubmissionLine[] = [];
  readonly problems: string[] = [];
  ledgerFault: string | null = null;

  constructor(correlation: Correlation) {
    this.correlation = correlation;
  }

  get tookMs(): number {
    return millisecondsSince(this.#beganAt);
  }

  /** Records the problems in a mutation's answer. Returns the answer unchanged. */
  addProblems<Answer extends { problems: readonly Problem[]; ledgerFault?: string }>(answer: Answer): Answer {
    this.ledgerFault ??= answer.ledgerFault ?? null;
    for (const { code, field } of answer.problems)
      this.problems.push(field === null ? code : `${code} ${field}`);
    return answer;
  }

  /** Records why the ledger failed in the errors of an operation. */
  addErrors(errors: readonly GraphQLError[] = []): void {
    for (const { originalError } of errors)
      if (originalError instanceof LedgerUnavailable) this.ledgerFault ??= originalError.reason;
  }

  /** Records the outcome of a mutation. Returns the receipt unchanged. */
  add(intent: Intent, receipt: Receipt): Receipt {
    const { submission, replayed, problems, ledgerFault = null, startedAt, tookMs } = receipt;
    const outcome = replayed ? "REPLAYED" : (submission?.state ?? problems[0]?.code ?? "CONFIRMED");
    const { id = null, reason } = submission ?? { reason: ledgerFault };
    const { operation } = intent.request;
    this.submissions.push({ id, operation, outcome, reason, lacksKey: lacksKey(intent), startedAt, tookMs });
    return receipt;
  }
}

/** The part of the context that this plugin reads. The context imports this module, so this module cannot import it. */
interface WithRecord {
  caller: Caller;
  record: OperationRecord;
}

/** Observes each answered operation, and errors outside of operations. */
export function operationLog(observe: Observe): ApolloServerPlugin<WithRecord> {
  const listener: GraphQLRequestListener<WithRecord> = {
    willSendResponse({ schema, operation, contextValue, errors: thrown, response: { body } }) {
      contextValue.record.addErrors(thrown);
      const errors = body.kind === "single" ? body.singleResult.errors : undefined;
      observeAnswer(observe, contextValue, factsOf(operation, schema), errors);
      return Promise.resolve();
    },
  };
  return {
    requestDidStart: () => Promise.resolve(listener),
    unexpectedErrorProcessingRequest({ error }) {
      observe("graphql.internal_error", { error: error.constructor.name });
      return Promise.resolve();
    },
  };
}

/** Facts about an operation that its document shows. */
export type OperationFacts = Pick<Events["operation.answered"], "fields" | "operationType" | "operationName">;

/** Observes an answered operation. `errors`: those of the answer. */
export function observeAnswer(
  observe: Observe,
  { caller, record }: WithRecord,
  facts: OperationFacts,
  errors: readonly GraphQLFormattedError[] | undefined,
): void {
  observe("operation.answered", {
    ...record.correlation,
    ...facts,
    outcome: errors ? String(errors[0]?.extensions?.["code"]) : "OK",
    problems: record.problems,
    ledgerFault: record.ledgerFault,
    startedAt: record.startedAt,
    tookMs: record.tookMs,
    client: typeof caller === "string" ? null : caller.clientId,
    person: typeof caller === "string" ? null : caller.person,
    submissions: record.submissions,
  });
}

/** Longest name of an operation that is logged. Callers choose it. */
const MAX_NAME_LENGTH = 100;

/** Returns the facts about an operation. None: the document has no such operation. */
export function factsOf(
  operation: OperationDefinitionNode | undefined,
  schema: GraphQLSchema,
): OperationFacts {
  if (!operation) return { fields: [], operationType: null, operationName: null };
  const { name, operation: operationType, selectionSet } = operation;
  const known = schema.getRootType(operationType)?.getFields() ?? {};
  const isLogged = name && name.value.length <= MAX_NAME_LENGTH && !hidesCardNumber(name.value);
  return {
    // Names that the schema does not have are left out, because a caller could write anything there.
    fields: selectionSet.selections.flatMap((selection) =>
      selection.kind === Kind.FIELD && Object.hasOwn(known, selection.name.value)
        ? [selection.name.value]
        : [],
    ),
    operationType,
    operationName: isLogged ? name.value : null,
  };
}
