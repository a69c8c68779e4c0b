import { type ValidationError, validateSync } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../errors.ts";
import type { Context } from "./context.ts";

/** Input that breaks rules: one problem a field. Not an answer yet; the middleware below makes it one. */
class InvalidInput extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super("Input breaks a rule");
    this.problems = problems;
  }
}

/** Checks an argument by the rules on its class, for TypeGraphQL's `validateFn`. */
export function validateArgument(argument: unknown): void {
  if (typeof argument !== "object" || argument === null) return;
  const errors = validateSync(argument, {
    stopAtFirstError: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0) throw new InvalidInput(errors.map(invalidField));
}

function invalidField({ property, constraints }: ValidationError): Problem {
  const [message] = Object.values(constraints ?? {});
  return problem("INVALID_INPUT", { field: property, ...(message && { message }) });
}

/** Answers invalid input as a payload's problems, so that they survive a router's error redaction. */
export const invalidInputAsProblems: MiddlewareFn<Context> = async (_, next) => {
  try {
    return await next();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { ticket: null, submission: null, problems: error.problems, replayed: false };
  }
};
