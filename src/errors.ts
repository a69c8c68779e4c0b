/** Closed table of public codes; codes.json has their texts. `problems` are for callers, `errors` for operators. */
import codes from "./codes.json" with { type: "json" };

interface ProblemText {
  /** Description of the enum value in the schema, for programmers: what it means, and what to do next. */
  meaning: string;
  /** Sentence for users; it never quotes a value. */
  message: string;
  /** True when the same input under the same key is safe to send again and may succeed. */
  retryable?: boolean;
}

export type ProblemCode = keyof typeof codes.problems;
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemText>> = codes.problems;

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

const NOT_KNOWN = { field: null, rule: null, limit: null, retryAfterSeconds: null, traceId: null };

/** Makes a problem with the texts of the table, except where `known` says more. */
export function problem(code: ProblemCode, known: Partial<Omit<Problem, "code">> = {}): Problem {
  const { message, retryable = false } = PROBLEMS[code];
  return { code, message, retryable, ...NOT_KNOWN, ...known };
}

/** Node's codes of a bad certificate (https://nodejs.org/api/tls.html#x509-certificate-error-codes). UNSPECIFIED: any other. */
export const CERTIFICATE_CODES = /CERT|CRL|^UNABLE_TO_|^INVALID_|^PATH_LENGTH_|^HOSTNAME_|^UNSPECIFIED$/;

/** True when a connection failed for the other side's certificate. */
export function isCertificateError(error: Error): boolean {
  return "code" in error && CERTIFICATE_CODES.test(String(error.code));
}

// 421 and not 403 (RFC 9110, section 15.5.20): callers would look for a right that no token gives.
/** Messages of `errors` by the HTTP status of a refused request. Those of 200 may concern a part of an operation. */
type Messages = typeof codes.errors;
export type ErrorCode = { [Status in keyof Messages]: keyof Messages[Status] }[keyof Messages];

/** Codes of `errors[].extensions.code`. */
export const ERRORS = Object.fromEntries(
  Object.entries(codes.errors).flatMap(([status, messages]) =>
    Object.entries<string>(messages).map(([code, message]) => [code, { message, status: Number(status) }]),
  ),
) as Readonly<Record<ErrorCode, { message: string; status: number }>>;
