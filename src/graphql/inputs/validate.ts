import { setImmediate } from "node:timers/promises";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import { KEY_REQUIRED } from "../../tickets/submit.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import { fieldsOf } from "./constraints.ts";
import type { Controls } from "./idempotent-input.ts";

/** Error for input that breaks constraints. A query answers it as it is; a mutation answers with its problems. */
export class InvalidInput extends PublicError {
  readonly problems: readonly Problem[];

  constructor(...problems: [Problem, ...Problem[]]) {
    const [{ field, message, rule, limit }] = problems;
    super("BAD_USER_INPUT", { message: `${field}: ${message}` }, { field, rule, limit });
    this.problems = problems;
  }
}

/** TypeGraphQL's `validateFn`. Puts the fields of an input into form, as they are sent, and tells the first constraint that each breaks. */
export function validateInput(argument: unknown): void {
  if (typeof argument !== "object" || argument === null) return;
  const input = argument as Record<string, unknown>;
  const [first, ...others] = Object.entries(fieldsOf(input)).flatMap(([field, { type, isAbsent, need }]) => {
    const value = type.inForm(input[field]);
    if (value !== undefined) input[field] = value;
    const breach = isAbsent?.(value) ? need?.(input) : type.breach(value);
    return breach ? [problem("INVALID_INPUT", { field, ...breach })] : [];
  });
  if (first) throw new InvalidInput(first, ...others);
}

/** TypeGraphQL's middleware for mutations: answers invalid input with problems, which no router redacts, and records those of every answer. */
export const answerProblems: MiddlewareFn<Context> = async ({ args, context }, next) => {
  if (context.spent.mutations++ > 0) await setImmediate(); // ten long inputs in one turn would hold up others
  const answer: Promise<{ problems: readonly Problem[]; ledgerFault?: string }> = next();
  return context.record.addProblems(
    await answer.catch((error: unknown) => {
      if (!(error instanceof InvalidInput)) throw error;
      const problems = context.needsKeys ? withMissingKey(error.problems, args["input"]) : error.problems;
      return { ticket: null, submission: null, problems, superseded: [], replayed: false };
    }),
  );
};

/** Adds the missing key of a create to the other problems of its input, so that all are told at once. Only creates have `unlessAlreadyOpened`. */
function withMissingKey(problems: readonly Problem[], input: Partial<Controls>): readonly Problem[] {
  const isTold = problems.some(({ field }) => field === KEY_REQUIRED.field);
  const isMissing = input.unlessAlreadyOpened !== undefined && input.idempotencyKey == null;
  return isMissing && !isTold ? [KEY_REQUIRED, ...problems] : problems;
}
