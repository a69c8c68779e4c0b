/** What came of one submission of a request. */
export interface SubmissionLine {
  id: string | null;
  operation: string;
  /** A state, a problem's code where there is no submission, or REPLAYED. */
  outcome: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Milliseconds by stage; one follows the other. */
  tookMs: { claim?: number; send?: number; settle?: number };
}

/** What operators see: one closed list of events, each with the fields that it may carry. Ids and codes, never inputs. */
export interface Events {
  "service.started": { url: string; managementUrl: string; mode: string };
  "service.stopping": Record<string, never>;
  "service.stopped": Record<string, never>;
  "sandbox.started": { url: string };
  /** A request, or a part of one, was refused. Only counted: whoever knocks must not fill the log. */
  "request.refused": { code: string };
  "operation.answered": {
    requestId: string;
    /** Root fields of the schema. */
    fields: readonly string[];
    /** OK, or the code of the first error. Problems are outcomes of submissions. */
    outcome: string;
    /** Milliseconds since the epoch. */
    startedAt: number;
    tookMs: number;
    /** The router's trace context (https://www.w3.org/TR/trace-context/), if it sent one. */
    traceParent: string | null;
    submissions: readonly SubmissionLine[];
  };
  "graphql.internal_error": { error: string };
  /** The issuer's keys could not be had, and there are no earlier ones: every caller is refused as UNAUTHENTICATED. */
  "identity.issuer_unreachable": Record<string, never>;
  "sociomile.oddity": { oddity: "STATUS_NOT_KNOWN" | "DATE_NOT_READABLE" };
  "sociomile.breaker": { state: "closed" | "open" | "trial" };
  /** A create was answered with the ticket id of another submission: the answer may belong to another request. */
  "sociomile.ticket_id_repeated": { submissionId: string; ticketId: string };
  "sociomile.settings_refused": { operation: string };
  "sociomile.certificate_invalid": { operation: string };
  /** The vendor's outcome stands, the ledger does not take it: writing goes on, and this line is the record until then. */
  "ledger.outcome_not_recorded": { submissionId: string; state: string; ticketId: string | null };
  /** An outcome does not fit the row of its submission, and nothing explains why: the row stays as it is. */
  "ledger.outcome_refused": { submissionId: string; state: string; recorded: string };
  /** The row of a submission was gone when its outcome came, such as after a failover: it was written again. */
  "ledger.row_restored": { submissionId: string; state: string; ticketId: string | null };
  /** The ledger's clock was set. Leases of submissions that are being sent start again. */
  "ledger.clock_stepped": Record<string, never>;
  "ledger.upkeep_failed": Record<string, never>;
  "submission.owner_died": { submissionId: string };
  "submission.resolved": { submissionId: string; verdict: string; by: string };
  /** The vendor accepted what an operator had ruled not to exist: two tickets may stand for one complaint. */
  "submission.conflict": { submissionId: string; ticketId: string };
}
export type EventName = keyof Events;

type Level = "trace" | "info" | "warn" | "error";

export const LEVELS: Readonly<Record<EventName, Level>> = {
  "service.started": "info",
  "service.stopping": "info",
  "service.stopped": "info",
  "sandbox.started": "info",
  "request.refused": "trace",
  "operation.answered": "info",
  "graphql.internal_error": "error",
  "identity.issuer_unreachable": "error",
  "sociomile.oddity": "warn",
  "sociomile.breaker": "warn",
  "sociomile.ticket_id_repeated": "error",
  "sociomile.settings_refused": "error",
  "sociomile.certificate_invalid": "error",
  "ledger.outcome_not_recorded": "error",
  "ledger.outcome_refused": "error",
  "ledger.row_restored": "error",
  "ledger.clock_stepped": "warn",
  "ledger.upkeep_failed": "warn",
  "submission.owner_died": "warn",
  "submission.resolved": "info",
  "submission.conflict": "error",
};

/** Tells operators that something happened. Never throws. */
export type Observe = <Name extends EventName>(event: Name, fields: Events[Name]) => void;
