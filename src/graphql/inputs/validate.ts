import { setImmediate } from "node:timers/promises";
import { type ValidationError, validateSync } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import type { FieldType } from "../../tickets/fields/field-types.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import { TYPE_OF_FIELD, fieldsOf } from "./constraints.ts";

/** Error for input that breaks constraints. A query answers it as it is; a mutation answers with its problems. */
export class InvalidInput extends PublicError {
  readonly problems: readonly Problem[];

  constructor(...problems: [Problem, ...Problem[]]) {
    const [{ field, message, rule, limit }] = problems;
    super("BAD_USER_INPUT", { message: `${field}: ${message}` }, { field, rule, limit });
    this.problems = problems;
  }
}

/** TypeGraphQL's `validateFn`: puts an argument into form, then class-validator checks it. Reports one broken rule a field. */
export function validateInput(argument: unknown): void {
  for (const input of [argument].flat()) {
    if (typeof input !== "object" || input === null) continue;
    putInForm(input as Record<string, unknown>);
    const [first, ...others] = validateSync(input, { forbidUnknownValues: true }).flatMap((error) => problemsIn(error));
    if (first) throw new InvalidInput(first, ...others);
  }
}

/** Puts the fields of an input into form, as they are sent, and those of inputs in it. */
function putInForm(input: Record<string, unknown>): void {
  const fields = fieldsOf(input);
  for (const [field, value] of Object.entries(input))
    if (typeof value === "object" && value !== null) putInForm(value as Record<string, unknown>);
    else if (value != null && fields[field]) input[field] = fields[field].inForm(value);
}

/** Returns the problems of a field and of the inputs in it, for callers: nothing else of class-validator's errors. */
function problemsIn(error: Partial<ValidationError>, path = ""): Problem[] {
  const { property = "input", constraints, contexts, children = [], value, target } = error;
  const field = `${path}${property}`;
  const inside = children.flatMap((child) => problemsIn(child, `${field}.`));
  if (constraints === undefined) return inside;
  // A rule of the library beside the type's has a sentence for programmers alone.
  const type = contexts?.[TYPE_OF_FIELD] as Pick<FieldType, "breach"> | undefined;
  return [problem("INVALID_INPUT", { field, ...type?.breach(value, target) }), ...inside];
}

/** TypeGraphQL's middleware for mutations: answers invalid input with problems, and records the problems of every answer. */
export const answerProblems: MiddlewareFn<Context> = async ({ context }, next) => {
  if (context.begun.mutations++ > 0) await setImmediate(); // ten long inputs in one turn would block others
  const answer: Promise<{ problems: readonly Problem[]; ledgerFault?: string }> = next();
  return context.record.addProblems(
    await answer.catch((error: unknown) => {
      if (!(error instanceof InvalidInput)) throw error;
      return { ticket: null, submission: null, problems: error.problems, replayed: false };
    }),
  );
};
