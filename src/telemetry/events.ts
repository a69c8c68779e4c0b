/** Result of one submission of a request, in the log line of its operation. */
export interface SubmissionLine {
  id: string | null;
  operation: string;
  /** A state, REPLAYED, or the code of a problem when there is no submission. */
  outcome: string;
  /** Reason of the submission's state, or of LEDGER_UNAVAILABLE. */
  reason: string | null;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Milliseconds by stage, in this order. */
  tookMs: { reserve?: number; send?: number; settle?: number };
}

/** Reasons for refusing the credentials of a caller. Only operators see them: they would help to try out tokens. */
export const REFUSAL_REASONS = [
  "MALFORMED",
  "EXPIRED",
  "NOT_YET_VALID",
  "ISSUER",
  "AUDIENCE",
  "ALGORITHM",
  "KEY_UNKNOWN",
  "NO_CLIENT",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Reasons for which a new key set of the issuer is not used. */
export const KEY_SET_FAILURES = [
  "UNREACHABLE",
  "CERTIFICATE",
  "TIMED_OUT",
  "STATUS",
  "TOO_LARGE",
  "MALFORMED",
] as const;
export type KeySetFailure = (typeof KEY_SET_FAILURES)[number];

/** Reasons for which the ledger cannot be used. */
export const LEDGER_FAULTS = [
  "UNREACHABLE",
  "REFUSED",
  "CERTIFICATE",
  "SLOW",
  "NO_CONNECTIONS",
  "FULL",
  "READ_ONLY",
  "DAMAGED",
  "REPLACED",
  "OTHER",
] as const;
export type LedgerFault = (typeof LEDGER_FAULTS)[number];

/** Parts of the ledger's upkeep. docs/telemetry.md explains each. */
export type UpkeepPart = "leases" | "expiry" | "retention" | "deliveries";

type Level = "trace" | "info" | "warn" | "error";

/** An event: its level, and the type of its fields. */
interface Declared<Fields> {
  readonly level: Level;
  readonly fields?: Fields;
}
const at =
  (level: Level) =>
  <Fields extends object = Record<string, never>>(): Declared<Fields> => ({ level });
const [trace, info, warn, error] = [at("trace"), at("info"), at("warn"), at("error")];

/** Closed list of the events that operators see, with level and allowed fields, never inputs. See docs/telemetry.md. */
export const EVENTS = {
  "service.started": info<{ version: string; url: string; managementUrl: string; mode: string }>(),
  "service.setting_unknown": warn<{ name: string }>(),
  "service.secret_reloaded": info<{ name: string }>(),
  "service.secret_unusable": error<{ name: string }>(),
  "service.traces_not_exported": warn(),
  "service.stopping": info(),
  "service.stopped": info(),
  "sandbox.started": info<{ url: string }>(),
  "request.refused": trace<{ code: string }>(),
  "operation.answered": info<{
    requestId: string;
    /** Root fields of the schema. */
    fields: readonly string[];
    operationType: "query" | "mutation" | "subscription" | null;
    /** Name that the caller gave the operation. Null: none, or one that could contain a card number. */
    operationName: string | null;
    /** OK, the code of the first error, or LEDGER_UNAVAILABLE where a mutation has that problem. */
    outcome: string;
    /** HTTP status of the answer. */
    status: number;
    problems: readonly string[];
    /** First rule that each refused input breaks. */
    brokenRules?: readonly string[];
    /** Reason of LEDGER_UNAVAILABLE, of the first one in the answer. */
    ledgerFault: string | null;
    /** Milliseconds since the epoch. */
    startedAt: number;
    tookMs: number;
    /** Trace context that the router sent (https://www.w3.org/TR/trace-context/). */
    traceParent: string | null;
    /** Id of the application that called. Null: the caller has no identity. */
    client: string | null;
    person: string | null;
    /** Reason why the credentials of a caller without an identity were refused. */
    callerRefused?: RefusalReason | undefined;
    /** First scope that the caller lacked. */
    missingScope?: string;
    submissions: readonly SubmissionLine[];
    /** Ids of the tickets in the answer. The log has a line for each 500. */
    tickets?: readonly string[];
    personal?: boolean;
  }>(),
  "graphql.internal_error": error<{ error: string; requestId: string; frames: readonly string[] }>(),
  "identity.router_refused": warn(),
  "identity.caller_refused": info<{ reason: RefusalReason }>(),
  "identity.key_set_failed": warn<{ reason: KeySetFailure }>(),
  "identity.issuer_unreachable": error(),
  "sociomile.oddity": warn<{ oddity: "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE" }>(),
  "sociomile.secret_echoed": error<{ operation: string }>(),
  "sociomile.answer_not_understood": warn<{ submissionId: string; operation: string; status: number }>(),
  "sociomile.answer_not_read": error<{ submissionId: string; operation: string; error: string; frames: string[] }>(),
  "sociomile.refusal_known": trace<{ id: string }>(),
  "sociomile.breaker": warn<{ state: "closed" | "open" | "half-open" }>(),
  "sociomile.ticket_id_repeated": error<{ submissionId: string; ticketId: string }>(),
  "sociomile.settings_refused": error<{ operation: string; status: number }>(),
  "sociomile.proxy_refused": error<{ operation: string }>(),
  "sociomile.certificate_invalid": error<{ operation: string }>(),
  "ledger.made": warn(),
  "ledger.replaced": error(),
  "ledger.migrating": info<{ migration: string; rows: number }>(),
  "ledger.migrated": info<{ migration: string; tookMs: number }>(),
  "ledger.connection_in_clear": warn(),
  "ledger.outcome_not_recorded": error<{
    submissionId: string;
    state: string;
    ticketId: string | null;
    reason: LedgerFault;
  }>(),
  "ledger.outcome_refused": error<{ submissionId: string; state: string; recorded: string }>(),
  "ledger.row_lost": error<{
    submissionId: string;
    operation: string;
    state: string;
    ticketId: string | null;
    helpdeskTicketNumber: string | null;
    branchComplaintNumber: string | null;
    sourceTicketId: string | null;
    isRestored: boolean;
  }>(),
  "ledger.upkeep_failed": warn<{ part: UpkeepPart; reason: LedgerFault }>(),
  "retention.deleted": info<{
    table: "submissions" | "details" | "tickets" | "actions";
    count: number;
    oldest: string;
    cutOff: string;
  }>(),
  "retention.waits": warn<{ count: number; oldest: string; newest: string }>(),
  "retention.continued": info(),
  "submission.owner_died": warn<{ submissionId: string }>(),
  "submission.resolved": info<{
    submissionId: string;
    verdict: string;
    by: string;
    byPerson: string | null;
    isCorrection: boolean;
  }>(),
  "submission.cancelled": info<{ submissionId: string; by: string; byPerson: string | null }>(),
  "submission.retried": info<{ submissionId: string; by: string; byPerson: string | null }>(),
  "delivery.ended": info<{
    submissionId: string;
    operation: string;
    outcome: string;
    reason: string | null;
    traceParent: string | null;
    startedAt: number;
    tookMs: SubmissionLine["tookMs"];
  }>(),
  "delivery.expired": error<{ submissionId: string }>(),
  "delivery.already_opened": info<{ submissionId: string; ticketId: string | null }>(),
  "delivery.request_unreadable": error<{ submissionId: string }>(),
  "submission.forgotten": info<{ submissionId: string; by: string | null }>(),
  "ticket.forgotten": info<{ ticketId: string; by: string | null }>(),
  "action.not_recorded": error<{
    kind: "SHOW" | "EXPORT";
    by: string;
    byPerson: string | null;
    /** Ids of submissions and tickets. */
    subjects: readonly string[];
    reason: LedgerFault;
  }>(),
  "submission.conflict": error<{ submissionId: string; ticketId: string }>(),
};
export type EventName = keyof typeof EVENTS;
export type Events = { [Name in EventName]: NonNullable<(typeof EVENTS)[Name]["fields"]> };

/** Returns the level of a log line: warning for a new doubt or without the ledger, trace for a caller without an identity. */
export function levelOf<Name extends EventName>(event: Name, fields: Events[Name]): Level {
  const { client, submissions = [], outcome = "" } = fields as Partial<Events["operation.answered"]>;
  if (event === "operation.answered" && client === null) return "trace";
  const isWarning = outcome === "LEDGER_UNAVAILABLE" || [...submissions, { outcome }].some(isDoubt);
  return isWarning ? "warn" : EVENTS[event].level;
}

/** True when a submission ended in doubt. A repeated request makes no new doubt. */
export function isDoubt({ outcome }: Pick<SubmissionLine, "outcome">): boolean {
  return outcome === "UNCERTAIN";
}

/** Reports an event to operators. Never throws. */
export type Observe = <Name extends EventName>(event: Name, fields: Events[Name]) => void;

/** Makes an observer of some events. */
export function createObserver(listeners: { [Name in EventName]?: (fields: Events[Name]) => void }): Observe {
  return (event, fields) => listeners[event]?.(fields);
}
