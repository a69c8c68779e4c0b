/**
 * Closed table of public codes. `problems` are data, because a caller can act on them; `errors` are for operators and
 * programmers. No other code leaves this service.
 */

interface ProblemText {
  /** Description of the enum value in the schema, for programmers: what it means, and what to do next. */
  meaning: string;
  /** Sentence for users; it never holds a value. */
  message: string;
  /** True when the same input under the same key is safe to send again and may succeed. */
  retryable?: boolean;
}

export const PROBLEMS = {
  INVALID_INPUT: {
    meaning:
      "A field breaks a rule of this schema (see rule and limit). Nothing was sent. Correct the field and send the request again; the key stays unused.",
    message: "Please check this field.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    meaning:
      "This client has used the key for another input, and that request may have its ticket. This call sent nothing. Ask ticketSubmissionByKey, and go by its state.",
    message: "This form was sent before with other values. Please look at that request first.",
  },
  IN_PROGRESS: {
    meaning:
      "Another call with the same key, or another status change of the same ticket, is in progress. This call sent nothing. Send the same " +
      "input with the same key after retryAfterSeconds.",
    message: "This is being worked on. Please wait a moment.",
    retryable: true,
  },
  SOCIOMILE_REJECTED: {
    meaning:
      "Sociomile refused the request. No ticket was created or changed. Correct the input, and send it under a new key.",
    message: "Sociomile did not accept the request. Please check the values.",
  },
  SOCIOMILE_UNAVAILABLE: {
    meaning:
      "Sociomile did not take the request. The request certainly had no effect. Send it again later with the same key.",
    message: "Sociomile cannot be reached now, and nothing was changed. Please try again later.",
    retryable: true,
  },
  LEDGER_UNAVAILABLE: {
    meaning:
      "This service could not record the request and did not send it. Send it again later with the same key. With whenUnavailable " +
      "DELIVER_LATER use no other key: in rare cases the request was stored.",
    message: "The request could not be saved, and nothing was sent. Please try again later.",
    retryable: true,
  },
  OUTCOME_UNKNOWN: {
    meaning:
      "The request was sent, and no clear answer came. The ticket may exist. Never send the request under a new key: an " +
      "operator looks in Sociomile. The same key shows the outcome.",
    message:
      "The ticket may have been created, but Sociomile did not confirm it. Please do not send it again; an operator will check.",
  },
  STATUS_UNKNOWN: {
    meaning:
      "The status change was sent, and no clear answer came. The status may have been set. It is safe to set the status again under a new key.",
    message: "The status may have been set, but Sociomile did not confirm it. You can set it again.",
  },
  SUPERSEDED: {
    meaning:
      "A later status change of the same ticket was accepted, and counts. This one was not sent, or it was in doubt until then: the reason of " +
      "the submission says which. Set the status again under a new key only when it is still wanted.",
    message: "A later status change of this ticket counts. It is not known whether this one was set before.",
  },
  ALREADY_OPENED: {
    meaning:
      "With unlessAlreadyOpened: another request with the same number has opened its ticket, is under way, or is in doubt. Nothing " +
      "was sent. existingTicket is that ticket.",
    message: "There is already a request with this number, and nothing was sent.",
  },
  SUBMISSION_NOT_QUEUED: {
    meaning:
      "The submission does not wait for delivery: it is being sent or was sent, or it was never queued. Look at its state.",
    message: "This request is not waiting any more, so it cannot be cancelled.",
  },
  SUBMISSION_NOT_FOUND: {
    meaning: "No submission has this id.",
    message: "There is no request with this id.",
  },
  SUBMISSION_NOT_IN_DOUBT: {
    meaning:
      "The submission is not in doubt, so there is nothing to resolve. With replacesEarlier: no operator has resolved it, or its key was used again since.",
    message: "This submission is not in doubt, or was not resolved by an operator.",
  },
  TICKET_ID_TAKEN: {
    meaning:
      "Another create holds the ticket with this id. Look in Sociomile again. The message names the submission that holds it: if that is wrong, " +
      "correct it first.",
    message: "Another create holds the ticket with this id.",
  },
  TOO_EARLY: {
    meaning:
      "The doubt is too young for the verdicts NOT_CREATED and NOT_APPLIED. Sociomile may still be working on the request. Give the verdict after retryAfterSeconds.",
    message: "The doubt is too young for this verdict. Sociomile may still be working on the request.",
    retryable: true,
  },
} as const satisfies Record<string, ProblemText>;
export type ProblemCode = keyof typeof PROBLEMS;

/** Entry of a payload's `problems`: something that a caller can act on. */
export interface Problem {
  code: ProblemCode;
  message: string;
  field: string | null;
  /** Rule of INVALID_INPUT that the field breaks, and the number in that rule. */
  rule: string | null;
  limit: number | null;
  retryable: boolean;
  retryAfterSeconds: number | null;
  traceId: string | null;
}

/** Makes a problem with the texts of the table, except where `known` says more. */
export function problem(code: ProblemCode, known: Partial<Omit<Problem, "code">> = {}): Problem {
  const { message, retryable = false }: ProblemText = PROBLEMS[code];
  return {
    code,
    message,
    field: null,
    rule: null,
    limit: null,
    retryable,
    retryAfterSeconds: null,
    traceId: null,
    ...known,
  };
}

/** Class of a thrown value, for the log. Its message stays out, because it may hold anything. */
export function classOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.constructor.name : typeof thrown;
}

/** Messages of `errors` by their codes, and by the HTTP status of the answer when the whole request is refused. */
const MESSAGES = {
  400: {
    BAD_REQUEST: "The request is not a well-formed GraphQL request.",
    GRAPHQL_PARSE_FAILED: "The document has a syntax error.",
    GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema.",
    OPERATION_RESOLUTION_FAILURE: "The request does not select one query or mutation of its document.",
    BAD_USER_INPUT: "A value does not fit the schema.",
    DOCUMENT_TOO_LONG: "The document has too many tokens or lines.",
    DOCUMENT_TOO_DEEP: "The operation is nested too deeply.",
    TOO_MANY_ALIASES: "The operation has too many aliases.",
    TOO_MANY_DIRECTIVES: "The document has too many directives.",
    TOO_MANY_ROOT_FIELDS: "The operation has too many root fields.",
    BATCHING_NOT_SUPPORTED:
      "A list holds 1 to 10 queries and no mutation. In Apollo Router, set batching.subgraph.subgraphs.sociomile.enabled to false.",
    PERSISTED_QUERY_NOT_SUPPORTED: "Persisted queries are off. Send the query itself.",
  },
  // These may concern a part of an operation, and a router takes another status for a transport failure.
  200: {
    TOO_MANY_REPRESENTATIONS: "The request has too many representations. Send them in parts.",
    TOO_MANY_SUBMISSIONS: "The request asks for too many submissions. Ask for smaller pages, or in parts.",
    ANSWER_TOO_LARGE: "The answer would hold too much text. Ask for fewer objects or fields, or in parts.",
    UNAUTHENTICATED: "The request needs a valid access token, or a client that the router names.",
    AUTHENTICATION_UNAVAILABLE:
      "Callers cannot be authenticated now. Keep the access token, and try again in 10 seconds.",
    FORBIDDEN: "The access token lacks the required scope.",
  },
  401: {
    ROUTER_CREDENTIAL_REFUSED:
      "Only the router may call this service. The header Router-Authorization is missing or wrong.",
  },
  403: {
    ORIGIN_NOT_ALLOWED:
      "Pages of this origin may not call from a browser. The setting CORS_ORIGINS lists the origins that may.",
  },
  404: { NOT_FOUND: "This address serves nothing. GraphQL is served at /graphql." },
  405: { METHOD_NOT_ALLOWED: "This address takes only the methods in the header Allow." },
  406: { NOT_ACCEPTABLE: "Answers have the type application/json or application/graphql-response+json." },
  413: { PAYLOAD_TOO_LARGE: "The request body is too large." },
  415: {
    UNSUPPORTED_MEDIA_TYPE: "Send application/json in UTF-8, plain or compressed with gzip, deflate or br.",
  },
  // RFC 9110, section 15.5.20. 403 would make callers look for a right that no token gives.
  421: {
    HOST_NOT_SERVED: "Without authentication only this machine is served: localhost, 127.0.0.1 or [::1].",
  },
  500: { INTERNAL_SERVER_ERROR: "An internal error occurred. The operators have been informed." },
  503: {
    OVERLOADED: "Too many requests are in progress. Try again a little later.",
    LEDGER_UNAVAILABLE: "The stored data cannot be read now. Try again later.",
  },
};
type Messages = typeof MESSAGES;
export type ErrorCode = { [Status in keyof Messages]: keyof Messages[Status] }[keyof Messages];

/** Codes of `errors[].extensions.code`. */
export const ERRORS = Object.fromEntries(
  Object.entries(MESSAGES).flatMap(([status, messages]) =>
    Object.entries<string>(messages).map(([code, message]) => [code, { message, status: Number(status) }]),
  ),
) as Readonly<Record<ErrorCode, { message: string; status: number }>>;
