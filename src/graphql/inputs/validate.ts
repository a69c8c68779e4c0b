import { ValidationTypes, getMetadataStorage } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import { PublicError } from "../public-error.ts";
import { FieldKind } from "../../tickets/field-kinds.ts";
import { Demand } from "./constraints.ts";

/** Field of an input class. */
interface InputField {
  name: string;
  kind: FieldKind;
  /** The value is checked only when all of these hold. */
  conditions: ((object: unknown, value: unknown) => boolean)[];
  /** Null: the value may be absent. */
  demand: Demand | null;
}

/**
 * Makes the check of an input class. It puts every field into form, so that all that follows sees what is sent, and returns the first
 * constraint that each field breaks, in the order of the schema. It reads the kinds from class-validator once, here: class-validator's
 * own executor looks them up again for every field of every request, which was 8 % of a mutation's cost.
 * Throws for a class without constraints and for every validator that constraints.ts does not define, because its message could
 * repeat the value.
 */
export function inputCheck(inputClass: Function): (input: Record<string, unknown>) => Problem[] {
  const fields = fieldsOf(inputClass);
  return (input) => {
    const problems: Problem[] = [];
    for (const { name, kind, conditions, demand } of fields) {
      const value = kind.inForm(input[name]);
      if (value !== undefined) input[name] = value;
      if (!conditions.every((holds) => holds(input, value))) continue;
      const message = demand?.breach(value) ?? kind.breach(value);
      if (message !== null) problems.push(problem("INVALID_INPUT", { field: name, message }));
    }
    return problems;
  };
}

/** Error for input that breaks constraints. A query answers it as it is; a mutation answers with its problems. */
class InvalidInput extends PublicError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("BAD_USER_INPUT", { ...(problems[0] && { message: problems[0].message }) });
    this.problems = problems;
  }
}

/** Makes TypeGraphQL's `validateFn` for arguments of these input classes. It puts their fields into form. */
export function inputValidator(inputClasses: readonly Function[]): (argument: unknown) => void {
  const checks = new Map<unknown, ReturnType<typeof inputCheck>>(
    inputClasses.map((inputClass) => [inputClass, inputCheck(inputClass)]),
  );
  return (argument) => {
    const isInput =
      typeof argument === "object" && argument !== null && !(argument instanceof Temporal.Instant);
    if (!isInput) return;
    const check = checks.get(argument.constructor);
    if (!check) throw new Error(`${argument.constructor.name} is not an input class`);
    const problems = check(argument as Record<string, unknown>);
    if (problems.length > 0) throw new InvalidInput(problems);
  };
}

/** Middleware of TypeGraphQL. It answers invalid input with a payload's problems, which a router does not redact as it does errors. */
export const answerInvalidInput: MiddlewareFn = async (_, next) => {
  try {
    return await next();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { ticket: null, submission: null, problems: error.problems, replayed: false };
  }
};

function fieldsOf(inputClass: Function): InputField[] {
  const storage = getMetadataStorage();
  const registered = storage.getTargetValidationMetadatas(inputClass, "", false, false);
  if (registered.length === 0) throw new Error(`${inputClass.name} has no constraints`);
  // Inherited fields come first, as in the schema. So callers read the problems in its order.
  registered.sort((a, b) => Number(a.target === inputClass) - Number(b.target === inputClass));
  return Object.entries(storage.groupByPropertyName(registered)).map(([field, ofField]) => {
    const conditions: InputField["conditions"] = [];
    let found: FieldKind | undefined;
    let demand: Demand | null = null;
    for (const { type, name, constraints, context } of ofField) {
      if (context instanceof FieldKind && !found) found = context;
      else if (context instanceof Demand) demand = context;
      else if (type === ValidationTypes.CONDITIONAL_VALIDATION) conditions.push(constraints[0]);
      else throw new Error(`${inputClass.name}.${field}: ${name ?? type} is not in inputs/constraints.ts`);
    }
    if (!found) throw new Error(`${inputClass.name}.${field} has no kind`);
    return { name: field, kind: found, conditions, demand };
  });
}
