import { ValidationTypes, getMetadataStorage } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import { FieldKind } from "../../tickets/field-kinds.ts";

/** Input that breaks constraints, with one problem for each wrong field. invalidInputAsProblems makes an answer of it. */
class InvalidInput extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super("Input breaks a constraint");
    this.problems = problems;
  }
}

/** Field of an input class. */
interface InputField {
  name: string;
  kind: FieldKind;
  /** The value is checked only when all of these hold. */
  conditions: ((object: unknown, value: unknown) => boolean)[];
}

/**
 * Makes TypeGraphQL's `validateFn` for these input classes. It puts every field into form, so that all that follows sees what is
 * sent, and reports the first constraint that each one breaks. It reads the kinds from class-validator once, here:
 * class-validator's own executor looks them up again for every field of every request, which was 8 % of a mutation's cost.
 * Throws for a class without constraints and for every validator that constraints.ts does not define, because its message could
 * repeat the value.
 */
export function inputValidator(inputClasses: readonly Function[]): (argument: unknown) => void {
  const byClass = new Map<unknown, InputField[]>(
    inputClasses.map((inputClass) => [inputClass, fieldsOf(inputClass)]),
  );
  return (argument) => {
    const isInput =
      typeof argument === "object" && argument !== null && !(argument instanceof Temporal.Instant);
    if (!isInput) return;
    const fields = byClass.get(argument.constructor);
    if (!fields) throw new Error(`${argument.constructor.name} is not an input class`);
    const input = argument as Record<string, unknown>;
    const problems: Problem[] = [];
    for (const { name, kind, conditions } of fields) {
      const value = kind.inForm(input[name]);
      if (value !== undefined) input[name] = value;
      if (!conditions.every((holds) => holds(input, value))) continue;
      const message = kind.breach(value);
      if (message !== null) problems.push(problem("INVALID_INPUT", { field: name, message }));
    }
    if (problems.length > 0) throw new InvalidInput(problems);
  };
}

function fieldsOf(inputClass: Function): InputField[] {
  const storage = getMetadataStorage();
  const registered = storage.getTargetValidationMetadatas(inputClass, "", false, false);
  if (registered.length === 0) throw new Error(`${inputClass.name} has no constraints`);
  // Inherited fields come first, as in the schema. So callers read the problems in its order.
  registered.sort((a, b) => Number(a.target === inputClass) - Number(b.target === inputClass));
  return Object.entries(storage.groupByPropertyName(registered)).map(([field, ofField]) => {
    const conditions: InputField["conditions"] = [];
    let found: FieldKind | undefined;
    for (const { type, name, constraints, context } of ofField) {
      if (context instanceof FieldKind && !found) found = context;
      else if (type === ValidationTypes.CONDITIONAL_VALIDATION) conditions.push(constraints[0]);
      else throw new Error(`${inputClass.name}.${field}: ${name ?? type} is not in inputs/constraints.ts`);
    }
    if (!found) throw new Error(`${inputClass.name}.${field} has no kind`);
    return { name: field, kind: found, conditions };
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

/** Answers invalid input of a query with an error. Queries have no list of problems. */
export const invalidInputAsError: MiddlewareFn<Context> = async (_, next) => {
  try {
    return await next();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new PublicError("BAD_USER_INPUT", { message: error.problems[0]!.message });
  }
};
