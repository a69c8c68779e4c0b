import type { IncomingHttpHeaders } from "node:http";
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  TypeInfo,
  separateOperations,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { Problem, ProblemCode } from "../errors.ts";
import { type Caller, type Scope, hasScope, isIdentified } from "../identity/principal.ts";
import type { Events, Observe, SubmissionLine } from "../telemetry/events.ts";
import { hidesCardNumber } from "../tickets/fields/card-number.ts";
import { millisecondsSince } from "../tickets/deliver.ts";
import { LedgerUnavailable } from "../tickets/ports.ts";
import { SubmissionState } from "../tickets/submission.ts";
import type { Receipt } from "../tickets/submit.ts";
import { LONG_TEXTS, PERSONAL_FIELDS } from "../tickets/ticket.ts";
import { MissingScope } from "./public-error.ts";

/** Ids that connect the log lines of one request. */
export type Correlation = Pick<Events["operation.answered"], "requestId" | "traceParent">;

/** The caller's trace context, if it is well formed (https://www.w3.org/TR/trace-context/#traceparent-header). */
export function traceParentIn({ traceparent }: IncomingHttpHeaders): string | null {
  const isKept =
    typeof traceparent === "string" &&
    /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) &&
    !hidesCardNumber(traceparent);
  return isKept ? traceparent : null;
}

/**
 * Problems of requests that never became a submission. OUTCOME_UNKNOWN: another create with the number is in doubt.
 * SOCIOMILE_UNAVAILABLE: no time was left.
 */
const NOT_SUBMITTED = [
  "INVALID_INPUT",
  "IDEMPOTENCY_KEY_REUSED",
  "IN_PROGRESS",
  "ALREADY_OPENED",
  "OUTCOME_UNKNOWN",
  "SOCIOMILE_UNAVAILABLE",
  "LEDGER_UNAVAILABLE",
] as const satisfies ProblemCode[];
/** Outcomes of a mutation in the log: the state of its submission, REPLAYED, or the problem that prevented a submission. */
export const OUTCOMES: readonly string[] = [...Object.keys(SubmissionState), "REPLAYED", ...NOT_SUBMITTED];

/** Facts about an operation that its document shows. */
export type OperationFacts = Pick<
  Required<Events["operation.answered"]>,
  "fields" | "operationType" | "operationName" | "personal"
> & {
  /** Long texts that it asks for. */
  texts: ReadonlySet<string>;
};

/** Facts about a request without a valid operation. */
const NO_FACTS: OperationFacts = {
  fields: [],
  operationType: null,
  operationName: null,
  personal: false,
  texts: new Set(),
};

/** Facts about one operation, collected while it runs and logged with its answer. */
export class OperationRecord {
  readonly correlation: Correlation;
  readonly startedAt = Date.now();
  /** Time of the monotonic clock. */
  readonly beganAt = performance.now();
  readonly submissions: SubmissionLine[] = [];
  readonly problems: string[] = [];
  readonly brokenRules: string[] = [];
  ledgerFault: string | null = null;
  missingScope: Scope | null = null;
  facts = NO_FACTS;
  /** Ids of the tickets that were put into the answer. */
  readonly tickets = new Set<string>();

  constructor(correlation: Correlation) {
    this.correlation = correlation;
  }

  /** Records the problems in a mutation's answer. Returns the answer unchanged. */
  addProblems<Answer extends { problems: readonly Problem[]; ledgerFault?: string }>(answer: Answer): Answer {
    this.ledgerFault ??= answer.ledgerFault ?? null;
    const wrong = answer.problems.find(({ code }) => code === "INVALID_INPUT");
    if (wrong) this.brokenRules.push(wrong.rule ?? "OTHER");
    for (const { code, field } of answer.problems) this.problems.push(field === null ? code : `${code} ${field}`);
    return answer;
  }

  /** Records the outcome of a mutation. */
  addSubmission(operation: string, receipt: Receipt): void {
    const { submission, replayed, problems, ledgerFault = null, startedAt, tookMs } = receipt;
    const outcome = replayed ? "REPLAYED" : (submission?.state ?? problems[0]!.code); // one of them is there
    const { id = null, reason } = submission ?? { reason: ledgerFault };
    this.submissions.push({ id, operation, outcome, reason, startedAt, tookMs });
  }

  /** Logs the answer, with its HTTP status. `code`: of its first error. `hasNoData`: it has no data. */
  observeAnswer(
    observe: Observe,
    caller: Caller,
    answer: { errors: readonly GraphQLError[]; code: string | undefined; status: number; hasNoData: boolean },
  ): void {
    for (const error of answer.errors) {
      const { originalError: cause = error } = error;
      if (cause instanceof LedgerUnavailable) this.ledgerFault ??= cause.reason;
      if (cause instanceof MissingScope) this.missingScope ??= cause.scope;
    }
    const { personal, texts: _, ...facts } = this.facts;
    const outcome = this.ledgerFault === null ? "OK" : "LEDGER_UNAVAILABLE";
    const tickets = answer.hasNoData ? [] : [...this.tickets];
    observe("operation.answered", {
      ...this.correlation,
      ...facts,
      outcome: answer.code ?? outcome,
      status: answer.status,
      problems: this.problems,
      ...(this.brokenRules.length > 0 && { brokenRules: this.brokenRules }),
      ledgerFault: this.ledgerFault,
      startedAt: this.startedAt,
      tookMs: millisecondsSince(this.beganAt),
      client: isIdentified(caller) ? caller.clientId : null,
      person: isIdentified(caller) ? caller.person : null,
      ...("reason" in caller && { callerRefused: caller.reason }),
      ...(this.missingScope && { missingScope: this.missingScope }),
      submissions: this.submissions,
      ...(tickets.length > 0 && { tickets, personal: personal && hasScope(caller, "ticket:read") }),
    });
  }
}

/** Longest name of an operation that is logged. Callers choose it. */
const MAX_NAME_LENGTH = 100;

/** Returns the facts about an operation of a document. */
export function factsOf(
  operation: OperationDefinitionNode,
  document: DocumentNode,
  schema: GraphQLSchema,
): OperationFacts {
  const { name, operation: operationType } = operation;
  const root = schema.getRootType(operationType);
  const isLogged = name && name.value.length <= MAX_NAME_LENGTH && !hidesCardNumber(name.value);
  const fields: string[] = [];
  let personal = false;
  const texts = new Set<string>();
  const types = new TypeInfo(schema);
  const noting = visitWithTypeInfo(types, {
    Field({ name: { value } }) {
      // Names that the schema does not have are left out, because a caller could write anything there.
      if (types.getParentType() === root && Object.hasOwn(root?.getFields() ?? {}, value)) fields.push(value);
      personal ||= PERSONAL_FIELDS.has(value);
      if (LONG_TEXTS.has(value)) texts.add(value);
    },
  });
  visit(separateOperations(document)[name?.value ?? ""]!, noting); // with its fragments
  return { fields, operationType, operationName: isLogged ? name.value : null, personal, texts };
}
