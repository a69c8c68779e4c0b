import { setImmediate } from "node:timers/promises";
import type { ValidationError } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import { breachIn, errorsIn } from "../../tickets/fields/rules.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import { fieldsOf, putInForm } from "./constraints.ts";

/** Error for input that breaks constraints. A query answers it as it is; a mutation answers with its problems. */
export class InvalidInput extends PublicError {
  readonly problems: readonly Problem[];

  constructor(...problems: [Problem, ...Problem[]]) {
    const [{ field, message, rule, limit }] = problems;
    super("BAD_USER_INPUT", { message: `${field}: ${message}` }, { field, rule, limit });
    this.problems = problems;
  }
}

/** TypeGraphQL's `validateFn`: puts an input into form, then class-validator checks what will be sent. Tells the first rule that each field breaks. */
export function validateInput(argument: unknown): void {
  if (typeof argument !== "object" || argument === null) return;
  putInForm(argument as Record<string, unknown>);
  const errors = errorsIn(argument);
  if (errors.length > 0) throw new InvalidInput(...problemsIn(errors, Object.keys(fieldsOf(argument))));
}

/** Returns the problems that callers see, in the order of the schema. Nothing else of class-validator's errors leaves. */
function problemsIn(errors: readonly Partial<ValidationError>[], order: readonly string[]) {
  const problems = errors.map(({ property = "input", ...error }) =>
    problem("INVALID_INPUT", { field: property, ...breachIn(error) }),
  );
  const position = ({ field }: Problem) => order.indexOf(field!);
  return problems.toSorted((a, b) => position(a) - position(b)) as [Problem, ...Problem[]];
}

/** TypeGraphQL's middleware for mutations: answers invalid input with problems, which no router redacts, and records those of every answer. */
export const answerProblems: MiddlewareFn<Context> = async ({ context }, next) => {
  if (context.begun.mutations++ > 0) await setImmediate(); // ten long inputs in one turn would hold up others
  const answer: Promise<{ problems: readonly Problem[]; ledgerFault?: string }> = next();
  return context.record.addProblems(
    await answer.catch((error: unknown) => {
      if (!(error instanceof InvalidInput)) throw error;
      return { ticket: null, submission: null, problems: error.problems, replayed: false };
    }),
  );
};
