/** Result of one submission of a request. */
export interface AttemptLine {
  id: string | null;
  operation: string;
  /** A state, REPLAYED, or the code of a problem when there is no submission. */
  outcome: string;
  /** Reason of the submission's state, or of LEDGER_UNAVAILABLE. */
  reason: string | null;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Milliseconds by stage, in this order. */
  tookMs: { claim?: number; send?: number; settle?: number };
}

/** One mutation in the log line of its operation. */
export interface SubmissionLine extends AttemptLine {
  lacksKey: boolean;
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
  "KEY_MISSING",
  "OTHER",
] as const;
export type LedgerFault = (typeof LEDGER_FAULTS)[number];

type Level = "trace" | "info" | "warn" | "error";

/** An event: its level, and the type of its fields. */
interface Kind<Fields> {
  readonly level: Level;
  readonly fields?: Fields;
}
type NoFields = Record<string, never>;

const at =
  (level: Level) =>
  <Fields extends object = NoFields>(): Kind<Fields> => ({ level });
const [trace, info, warn, error] = [at("trace"), at("info"), at("warn"), at("error")];

/** Closed list of the events that operators see, each with its level and its allowed fields: ids and codes, never inputs. */
export const EVENTS = {
  "service.started": info<{ version: string; url: string; managementUrl: string; mode: string }>(),
  /** A variable begins like a setting and is none. It is probably misspelt. */
  "service.setting_unknown": warn<{ name: string }>(),
  /** The file of a secret or certificate holds another one, which is in force now. `name` is the setting. */
  "service.secret_reloaded": info<{ name: string }>(),
  /** The file of a secret or certificate cannot be read or used. The last good one stays in force. */
  "service.secret_unusable": error<{ name: string }>(),
  /** The collector did not take traces. It is told once, until the collector takes some again. */
  "service.traces_not_exported": warn(),
  "service.stopping": info(),
  "service.stopped": info(),
  "sandbox.started": info<{ url: string }>(),
  /** A request, or a part of one, was refused. It is counted and not logged, because an attacker must not fill the log. */
  "request.refused": trace<{ code: string }>(),
  "operation.answered": info<{
    requestId: string;
    /** Root fields of the schema. */
    fields: readonly string[];
    operationType: "query" | "mutation" | "subscription" | null;
    /** Name that the caller gave the operation. Null: none, or one that could hold a card number. */
    operationName: string | null;
    /** OK, or the code of the first error. */
    outcome: string;
    /** Codes of the problems in the answer, each with its field if it has one. */
    problems: readonly string[];
    /** Reason of LEDGER_UNAVAILABLE, of the first one in the answer. */
    ledgerFault: string | null;
    /** Milliseconds since the epoch. */
    startedAt: number;
    tookMs: number;
    /** Trace context that the router sent (https://www.w3.org/TR/trace-context/). */
    traceParent: string | null;
    /** Id of the application that called. Null: the caller has no identity. */
    client: string | null;
    /** Id of the person who used the application. Null: not told. */
    person: string | null;
    submissions: readonly SubmissionLine[];
    /** Ids of the tickets in the answer, and the number of those that are not named. Absent, like `personal`: it holds no ticket. */
    tickets?: readonly string[];
    moreTickets?: number;
    /** True when fields with personal data were selected, and the caller may read them. */
    personal?: boolean;
  }>(),
  /** An unexpected error occurred. `error` is its class. */
  "graphql.internal_error": error<{ error: string }>(),
  /** The router's secret was missing or wrong. The log has one line a minute, with their number. */
  "identity.router_refused": warn(),
  /** The credentials of a caller were refused. The caller is not told why. The log has one line a minute for each reason, with their number. */
  "identity.caller_refused": info<{ reason: RefusalReason }>(),
  /** The issuer's key set could not be fetched or used. The last good one serves, if there is one. */
  "identity.key_set_failed": warn<{ reason: KeySetFailure }>(),
  /** The issuer gave no keys, and there are no earlier ones. Every caller is told AUTHENTICATION_UNAVAILABLE. */
  "identity.issuer_unreachable": error(),
  /** An accepted answer held a status or a date that cannot be read. */
  "sociomile.oddity": warn<{ oddity: "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE" }>(),
  /** An answer held Sociomile's secret where a text would be kept or shown. It counts as not understood. */
  "sociomile.secret_echoed": error<{ operation: string }>(),
  /** An answer is none that Sociomile's document describes. Its text may hold anything, so it is not logged. */
  "sociomile.answer_not_understood": warn<{ operation: string; status: number }>(),
  /** The circuit breaker of this replica changed its state. */
  "sociomile.breaker": warn<{ state: "closed" | "open" | "half-open" }>(),
  /** A create was answered with the ticket id of another submission. The answer may belong to another request. */
  "sociomile.ticket_id_repeated": error<{ submissionId: string; ticketId: string }>(),
  /** Sociomile refused the secret or the address. `status` is the HTTP status: 401 and 403 mean the secret, 404 and 405 the address. */
  "sociomile.settings_refused": error<{ operation: string; status: number }>(),
  /** The proxy on the way to Sociomile refused its credentials or the address. Nothing was sent further. */
  "sociomile.proxy_refused": error<{ operation: string }>(),
  /** Sociomile's certificate does not verify. Nothing was sent. */
  "sociomile.certificate_invalid": error<{ operation: string }>(),
  /** The database had no ledger, and has an empty one now: no idempotency key is known. */
  "ledger.made": warn(),
  /** The connection to the ledger crosses the network without TLS. */
  "ledger.connection_in_clear": warn(),
  /** The ledger was written with a key that this replica does not have. `keyId` reveals nothing about the key. */
  "ledger.key_missing": error<{ keyId: string }>(),
  /** The ledger did not record an outcome within a second. Recording goes on, and until it succeeds this line is the record. */
  "ledger.outcome_not_recorded": error<{ submissionId: string; state: string; ticketId: string | null }>(),
  /** An outcome does not fit the row of its submission, and nothing explains why. The row stays as it is. */
  "ledger.outcome_refused": error<{ submissionId: string; state: string; recorded: string }>(),
  /** The row of a submission was gone when its outcome came, such as after a failover. It was written again. */
  "ledger.row_restored": error<{ submissionId: string; state: string; ticketId: string | null }>(),
  /** The ledger's clock was set. Leases of submissions that are being sent start again. */
  "ledger.clock_stepped": warn(),
  /** Retention, or the search for doubts, failed. The next run follows. */
  "ledger.upkeep_failed": warn<{ reason: LedgerFault }>(),
  /** Retention deleted submissions without a ticket, or tickets. `oldest`: first call of the oldest; `cutOff`: last change of all. In UTC. */
  "retention.deleted": info<{
    table: "submissions" | "tickets";
    count: number;
    oldest: string;
    cutOff: string;
  }>(),
  /** The process that sent a submission ended without an outcome. The submission is a new doubt. */
  "submission.owner_died": warn<{ submissionId: string }>(),
  /** An operator closed a doubt. `by` is the client id, and `byPerson` the person, if that is known. */
  "submission.resolved": info<{
    submissionId: string;
    verdict: string;
    by: string;
    byPerson: string | null;
    /** True: the verdict replaced an earlier one. */
    isCorrection: boolean;
    /** Older updates that the replaced verdict had made void. They stay void. */
    superseded: readonly string[];
  }>(),
  /** A queued submission was taken back, or is tried now. `by` is the client id, and `byPerson` the person, if that is known. */
  "submission.cancelled": info<{ submissionId: string; by: string; byPerson: string | null }>(),
  "submission.retried": info<{ submissionId: string; by: string; byPerson: string | null }>(),
  /** A try to deliver a queued submission has ended. `outcome` is the state of the submission after it. */
  "delivery.ended": info<{
    submissionId: string;
    operation: string;
    outcome: string;
    reason: string | null;
    /** Trace context of the request that was queued. */
    traceParent: string | null;
    startedAt: number;
    tookMs: SubmissionLine["tookMs"];
  }>(),
  /** A queued submission could not be delivered in time. Its client was told that it would be. */
  "delivery.expired": error<{ submissionId: string }>(),
  /** A queued create with unlessAlreadyOpened was not sent, because another create had opened its ticket. */
  "delivery.already_opened": info<{ submissionId: string; ticketId: string | null }>(),
  /** Queued requests wait for a replica that has their ledger key. */
  "delivery.key_missing": warn<{ count: number }>(),
  /** A stored request was changed and cannot be opened. It was not sent. */
  "delivery.request_unreadable": error<{ submissionId: string }>(),
  /** An operator deleted the data of a ticket. `by` is the person, if that is known. */
  "ticket.forgotten": info<{ ticketId: string; by: string | null }>(),
  /** Sociomile accepted a submission after an operator had resolved it otherwise. Two tickets may exist for one complaint. */
  "submission.conflict": error<{ submissionId: string; ticketId: string }>(),
};
export type EventName = keyof typeof EVENTS;
export type Events = { [Name in EventName]: NonNullable<(typeof EVENTS)[Name]["fields"]> };

/** Returns the level of a log line: that of its event; a warning for a new doubt; a trace for an answer to a caller without an identity. */
export function levelOf<Name extends EventName>(event: Name, fields: Events[Name]): Level {
  const { client, submissions = [], outcome = "" } = fields as Partial<Events["operation.answered"]>;
  if (event === "operation.answered" && client === null) return "trace";
  return [...submissions, { outcome }].some(isDoubt) ? "warn" : EVENTS[event].level;
}

/** True when a submission ended in doubt. A repeated request is no new doubt. */
export function isDoubt({ outcome }: Pick<SubmissionLine, "outcome">): boolean {
  return outcome === "UNCERTAIN";
}

/** Reports an event to operators. Never throws. */
export type Observe = <Name extends EventName>(event: Name, fields: Events[Name]) => void;

/** Makes an observer of some events. */
export function listening(listeners: { [Name in EventName]?: (fields: Events[Name]) => void }): Observe {
  return (event, fields) => listeners[event]?.(fields);
}
