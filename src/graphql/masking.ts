/** Masks errors: each leaves with a code of the closed table, and a sentence without a caller's value. */
import { GraphQLError } from "graphql";
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { Observe } from "../telemetry/events.ts";
import { faultOf } from "../telemetry/faults.ts";
import { LedgerUnavailable } from "../tickets/ports.ts";
import { PublicError } from "./public-error.ts";
import { isTooLong } from "./documents.ts";

/** Codes of the errors in which graphql-js says what is wrong with a request. */
const FAULTS_OF_THE_REQUEST: ReadonlySet<ErrorCode> = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "BAD_USER_INPUT",
]);

/** Masks an error of a request, and observes refusals and internal errors. `isOpen`: graphql-js's messages pass. */
export function maskError(error: unknown, requestId: string, isOpen: boolean, observe: Observe) {
  // The error that was thrown, without the wrapping of graphql-js and Apollo.
  const cause: unknown = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const code = codeOf(error, cause);
  if (code === "INTERNAL_SERVER_ERROR") observe("graphql.internal_error", { requestId, ...faultOf(cause) });
  observe("request.refused", { code });
  const { locations, path, message } = error instanceof GraphQLError ? error.toJSON() : { message: "" };
  const isShown = cause instanceof PublicError || (isOpen && FAULTS_OF_THE_REQUEST.has(code));
  return {
    message: isShown ? message : ERRORS[code].message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, ...(cause instanceof PublicError && cause.breach) },
  };
}

function codeOf(error: unknown, cause: unknown): ErrorCode {
  if (cause instanceof PublicError) return cause.code;
  if (cause instanceof LedgerUnavailable) return "LEDGER_UNAVAILABLE";
  if (!(error instanceof GraphQLError)) return "INTERNAL_SERVER_ERROR";
  const { code } = error.extensions;
  if (code === "GRAPHQL_PARSE_FAILED" && isTooLong(error)) return "DOCUMENT_TOO_LONG";
  return typeof code === "string" && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "INTERNAL_SERVER_ERROR";
}
