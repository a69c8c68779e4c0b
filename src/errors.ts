/**
 * The closed table of public codes. `problems` are what a caller can act on and travel as data;
 * `errors` are for operators and programmers. Nothing else leaves this service.
 */

interface ProblemText {
  /** What the enum value means to whoever reads the schema. */
  meaning: string;
  /** What the caller is told; never a value of theirs. */
  message: string;
  /** The same input under the same key is safe to send again and may succeed. */
  retryable: boolean;
}

export const PROBLEMS = {
  INVALID_INPUT: {
    meaning: "A field breaks a rule of this schema. Nothing was sent; correct the field and send again.",
    message: "The input breaks a rule.",
    retryable: false,
  },
  IDEMPOTENCY_KEY_REUSED: {
    meaning:
      "The key stands for another input of this client. Nothing was sent; use a new key for a new request.",
    message: "This idempotency key was used for another input. Use a new key for a new request.",
    retryable: false,
  },
  IN_PROGRESS: {
    meaning:
      "Another call with the same key is still under way. Send the same again, with the same key, a little later.",
    message: "The same request is still under way. Ask again with the same key.",
    retryable: true,
  },
  SOCIOMILE_REJECTED: {
    meaning: "Sociomile refused the request; no ticket was made or moved. Correct the input first.",
    message: "Sociomile refused the request.",
    retryable: false,
  },
  SOCIOMILE_UNAVAILABLE: {
    meaning: "The request certainly had no effect, because Sociomile did not take it. Send it again later.",
    message: "Sociomile did not take the request; nothing was done. Try again later.",
    retryable: true,
  },
  LEDGER_UNAVAILABLE: {
    meaning: "This service could not write down the request, and so did not send it. Send it again later.",
    message: "The request could not be recorded, and so nothing was sent. Try again later.",
    retryable: true,
  },
  OUTCOME_UNKNOWN: {
    meaning:
      "The request was sent and no clear answer came: the ticket may exist. Do not open it again; have an " +
      "operator look in Sociomile.",
    message:
      "Sociomile gave no clear answer: the request may have taken effect. Never send it under a new key.",
    retryable: false,
  },
  SUBMISSION_NOT_FOUND: {
    meaning: "There is no submission with this id.",
    message: "There is no submission with this id.",
    retryable: false,
  },
  SUBMISSION_NOT_IN_DOUBT: {
    meaning: "The submission is no create in doubt (any more), so there is nothing to rule.",
    message: "This submission is no create that is in doubt.",
    retryable: false,
  },
  TOO_EARLY: {
    meaning:
      "The doubt is too young to say that no ticket was made: Sociomile may still be working on it. Rule later.",
    message: "The doubt is too young for this verdict: Sociomile may still be working on the request.",
    retryable: true,
  },
} as const satisfies Record<string, ProblemText>;
export type ProblemCode = keyof typeof PROBLEMS;

/** Something a caller can act on, as it stands in a payload's `problems`. */
export interface Problem {
  code: ProblemCode;
  message: string;
  field: string | null;
  retryable: boolean;
  retryAfterSeconds: number | null;
  traceId: string | null;
}

/** A problem with the table's own words, unless something is known better. */
export function problem(code: ProblemCode, known: Partial<Omit<Problem, "code">> = {}): Problem {
  const { message, retryable } = PROBLEMS[code];
  return { code, message, field: null, retryable, retryAfterSeconds: null, traceId: null, ...known };
}

interface ErrorText {
  message: string;
  /** HTTP status, where the whole request is refused. */
  status: number;
}

/** Codes of `errors[].extensions.code`. Messages of GRAPHQL_… and BAD_USER_INPUT are made more precise. */
export const ERRORS = {
  BAD_REQUEST: { message: "The request is not a well-formed GraphQL request.", status: 400 },
  GRAPHQL_PARSE_FAILED: { message: "The document is not GraphQL.", status: 400 },
  GRAPHQL_VALIDATION_FAILED: { message: "The document does not fit the schema.", status: 400 },
  OPERATION_RESOLUTION_FAILURE: { message: "The operation to run is not clear.", status: 400 },
  BAD_USER_INPUT: { message: "A value does not fit the schema.", status: 400 },
  DOCUMENT_TOO_LONG: { message: "The document has too many tokens.", status: 400 },
  DOCUMENT_TOO_DEEP: { message: "The operation is nested too deeply.", status: 400 },
  TOO_MANY_ALIASES: { message: "The operation has too many aliases.", status: 400 },
  TOO_MANY_ROOT_FIELDS: { message: "The operation has too many root fields.", status: 400 },
  TOO_MANY_REPRESENTATIONS: { message: "Too many representations at once; ask in parts.", status: 200 },
  BATCHING_NOT_SUPPORTED: { message: "Send one operation a request, not a list.", status: 400 },
  ROUTER_CREDENTIAL_REFUSED: { message: "Only the router is served here.", status: 401 },
  UNAUTHENTICATED: { message: "A valid access token is needed.", status: 200 },
  FORBIDDEN: { message: "The access token lacks the scope that this needs.", status: 200 },
  OVERLOADED: { message: "Too many requests are under way. Try again a little later.", status: 503 },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    message: "Persisted queries are off: send the query itself.",
    status: 400,
  },
  NOT_FOUND: { message: "Nothing is served here; GraphQL is at /graphql.", status: 404 },
  METHOD_NOT_ALLOWED: { message: "Use POST.", status: 405 },
  NOT_ACCEPTABLE: {
    message: "Answers come as application/json or application/graphql-response+json.",
    status: 406,
  },
  PAYLOAD_TOO_LARGE: { message: "The request body is too large.", status: 413 },
  UNSUPPORTED_MEDIA_TYPE: { message: "Send application/json in UTF-8.", status: 415 },
  LEDGER_UNAVAILABLE: { message: "What is remembered cannot be read now. Try again later.", status: 503 },
  INTERNAL_SERVER_ERROR: { message: "Something went wrong here; the operators have been told.", status: 500 },
} as const satisfies Record<string, ErrorText>;
export type ErrorCode = keyof typeof ERRORS;
