import { GraphQLError, type GraphQLErrorOptions } from "graphql";
import { ERRORS, type ErrorCode } from "../errors.ts";

/**
 * Error that callers may see as it is: a code of the closed table, and a sentence of this service. `message` says more than the code's own
 * sentence, and never holds a value of the caller.
 */
export class PublicError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(
    code: ErrorCode,
    { message = ERRORS[code].message, ...options }: GraphQLErrorOptions & { message?: string } = {},
  ) {
    super(message, { ...options, extensions: { ...options.extensions, code } });
    this.code = code;
  }
}
