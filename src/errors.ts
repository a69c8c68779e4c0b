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
  OUTCOME_UNKNOWN: {
    meaning:
      "The request was sent and no clear answer came: the ticket may exist. Do not open it again; have an " +
      "operator look in Sociomile.",
    message: "Sociomile gave no clear answer: the request may have taken effect. Do not repeat it.",
    retryable: false,
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
  NOT_FOUND: { message: "Nothing is served here; GraphQL is at /graphql.", status: 404 },
  METHOD_NOT_ALLOWED: { message: "Use POST.", status: 405 },
  NOT_ACCEPTABLE: {
    message: "Answers come as application/json or application/graphql-response+json.",
    status: 406,
  },
  PAYLOAD_TOO_LARGE: { message: "The request body is too large.", status: 413 },
  UNSUPPORTED_MEDIA_TYPE: { message: "Send application/json in UTF-8.", status: 415 },
  INTERNAL_SERVER_ERROR: { message: "Something went wrong here; the operators have been told.", status: 500 },
} as const satisfies Record<string, ErrorText>;
export type ErrorCode = keyof typeof ERRORS;
