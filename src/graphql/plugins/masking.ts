/**
 * Masks errors: every entry of `errors` passes here and leaves with a code of the closed table. The message is the code's own
 * sentence or that of a PublicError, so no value of a caller can be in it.
 */
import { GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import { ERRORS, type ErrorCode } from "../../errors.ts";
import type { Observe } from "../../telemetry/events.ts";
import { LedgerUnavailable } from "../../tickets/ports.ts";
import { PublicError } from "../public-error.ts";

/** Makes Apollo's `formatError`. It observes refusals by code, and internal errors by class. */
export function errorMask(observe: Observe) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const own = publicErrorIn(error);
    const code = own?.code ?? codeOf(formatted, error);
    if (code === "INTERNAL_SERVER_ERROR") observe("graphql.internal_error", { error: classOf(error) });
    observe("request.refused", { code });
    const message = own?.message ?? ERRORS[code].message;
    const { locations, path } = formatted;
    return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code } };
  };
}

/** Finds the error of this service inside the error of graphql-js or Apollo that wraps it. */
function publicErrorIn(error: unknown): PublicError | undefined {
  const cause = causeOf(error);
  return cause instanceof PublicError ? cause : undefined;
}

function codeOf({ extensions }: GraphQLFormattedError, error: unknown): ErrorCode {
  if (causeOf(error) instanceof LedgerUnavailable) return "LEDGER_UNAVAILABLE";
  const code = String(extensions?.["code"]);
  if (error instanceof GraphQLError) {
    // graphql-js has no class for its token limit.
    if (code === "GRAPHQL_PARSE_FAILED" && /Document contains more that? \d+ tokens/.test(error.message))
      return "DOCUMENT_TOO_LONG";
    if (code === "INTERNAL_SERVER_ERROR") return lateRequestFault(error) ?? code;
  }
  return Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "INTERNAL_SERVER_ERROR";
}

/**
 * Code of a fault of the request that graphql-js finds only during execution: a null that a default value hid, or a
 * subscription. Such an error comes from graphql-js and points at the operation or a value, never at a field.
 */
function lateRequestFault({ originalError, nodes, message }: GraphQLError): ErrorCode | null {
  // graphql-js has no class for the end of its coercion of variables.
  if (!originalError && !nodes && message.startsWith("Too many errors processing variables"))
    return "BAD_USER_INPUT";
  const kind = nodes?.[0]?.kind;
  if ((originalError && !(originalError instanceof GraphQLError)) || !kind || kind === Kind.FIELD)
    return null;
  return kind === Kind.OPERATION_DEFINITION ? "OPERATION_RESOLUTION_FAILURE" : "BAD_USER_INPUT";
}

/** Class of the thrown value, for the log. The message stays out, because it may hold anything. */
function classOf(error: unknown): string {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.constructor.name : typeof cause;
}

/** The error that was thrown, without the wrapping of graphql-js and Apollo. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error;
}
