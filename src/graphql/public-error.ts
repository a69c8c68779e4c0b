import { GraphQLError, type GraphQLErrorOptions } from "graphql";
import { ERRORS, type ErrorCode, type Problem } from "../errors.ts";
import type { Scope } from "../identity/principal.ts";

/** Error that callers may see as it is, with a code of the closed table. `message` adds to the code's, without a value. */
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

/** HTTP 200, even when the whole operation is refused: a router treats another status as a transport failure. */
export const WITH_200 = { extensions: { http: { status: 200 } } };

/** Refusal of a caller without a scope. It names the scope, for whoever must grant it. */
export class MissingScope extends PublicError {
  readonly scope: Scope;

  constructor(scope: Scope) {
    super("FORBIDDEN", { message: `The caller lacks the scope ${scope}.`, ...WITH_200 });
    this.scope = scope;
  }
}
