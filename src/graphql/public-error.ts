import { GraphQLError, type GraphQLErrorOptions } from "graphql";
import { ERRORS, type ErrorCode } from "../errors.ts";

/** Error that callers may see as it is, with a code of the closed table. `message` says more than the code's own, without a caller's value. */
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
