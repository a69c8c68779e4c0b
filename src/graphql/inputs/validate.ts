import { ValidationTypes, getMetadataStorage } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import type { Context } from "../context.ts";
import { Constraint } from "./constraints.ts";

/** Input that breaks constraints, with one problem for each wrong field. invalidInputAsProblems makes an answer of it. */
class InvalidInput extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super("Input breaks a constraint");
    this.problems = problems;
  }
}

/** Constraints of one field of an input class. */
interface FieldConstraints {
  field: string;
  /** The constraints apply only when all of these hold. */
  conditions: ((object: unknown, value: unknown) => boolean)[];
  constraints: Constraint[];
}

/**
 * Makes TypeGraphQL's `validateFn` for these input classes. It checks every field and reports the first constraint that each
 * one breaks. It reads the constraints from class-validator once, here: class-validator's own executor looks them up again for
 * every field of every request, which was 8 % of a mutation's cost. Throws for a class without constraints and for every
 * validator that constraints.ts does not define, because its message could repeat the value.
 */
export function inputValidator(inputClasses: readonly Function[]): (argument: unknown) => void {
  const byClass = new Map<unknown, FieldConstraints[]>(
    inputClasses.map((inputClass) => [inputClass, constraintsOf(inputClass)]),
  );
  return (argument) => {
    if (typeof argument !== "object" || argument === null) return;
    const fields = byClass.get(argument.constructor);
    if (!fields) throw new Error(`${argument.constructor.name} is not an input class`);
    const problems: Problem[] = [];
    for (const { field, conditions, constraints } of fields) {
      const value = (argument as Record<string, unknown>)[field];
      if (!conditions.every((holds) => holds(argument, value))) continue;
      const broken = constraints.find(({ holds }) => !holds(value));
      if (broken) problems.push(problem("INVALID_INPUT", { field, message: broken.message }));
    }
    if (problems.length > 0) throw new InvalidInput(problems);
  };
}

function constraintsOf(inputClass: Function): FieldConstraints[] {
  const storage = getMetadataStorage();
  const registered = storage.getTargetValidationMetadatas(inputClass, "", false, false);
  if (registered.length === 0) throw new Error(`${inputClass.name} has no constraints`);
  return Object.entries(storage.groupByPropertyName(registered)).map(([field, ofField]) => {
    const found: FieldConstraints = { field, conditions: [], constraints: [] };
    for (const { type, name, constraints, context } of ofField) {
      if (context instanceof Constraint) found.constraints.push(context);
      else if (type === ValidationTypes.CONDITIONAL_VALIDATION) found.conditions.push(constraints[0]);
      else throw new Error(`${inputClass.name}.${field}: ${name ?? type} is not in inputs/constraints.ts`);
    }
    return found;
  });
}

/** Answers invalid input with a payload's problems, which a router does not redact as it does errors. */
export const invalidInputAsProblems: MiddlewareFn<Context> = async (_, next) => {
  try {
    return await next();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { ticket: null, submission: null, problems: error.problems, replayed: false };
  }
};
