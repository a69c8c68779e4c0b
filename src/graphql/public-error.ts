import { GraphQLError, type GraphQLErrorOptions } from "graphql";
import { ERRORS, type ErrorCode } from "../errors.ts";

interface Options extends GraphQLErrorOptions {
  /** Says more than the code's own sentence. It never holds a value of the caller. */
  message?: string;
}

/** Error that callers may see as it is: a code of the closed table, and a sentence of this service. */
export class PublicError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, { message = ERRORS[code].message, ...options }: Options = {}) {
    super(message, { ...options, extensions: { ...options.extensions, code } });
    this.code = code;
  }
}
