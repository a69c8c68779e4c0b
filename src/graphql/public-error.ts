import { GraphQLError, type GraphQLErrorOptions } from "graphql";
import { ERRORS, type ErrorCode, type Problem } from "../errors.ts";

/** Error that callers may see as it is, with a code of the closed table. `message` says more than the code's own, without a caller's value. */
export class PublicError extends GraphQLError {
  readonly code: ErrorCode;
  /** Rule that a value breaks, which stands in `extensions` beside the code. Null: it is about no value. */
  readonly breach: Pick<Problem, "field" | "rule" | "limit"> | null;

  constructor(
    code: ErrorCode,
    { message = ERRORS[code].message, ...options }: GraphQLErrorOptions & { message?: string } = {},
    breach: PublicError["breach"] = null,
  ) {
    super(message, { ...options, extensions: { ...options.extensions, code } });
    this.code = code;
    this.breach = breach;
  }
}
