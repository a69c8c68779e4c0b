import { ValidationTypes, getMetadataStorage } from "class-validator";
import { type Problem, problem } from "../../errors.ts";
import { PublicError } from "../public-error.ts";
import { FieldType } from "../../tickets/fields/field-type.ts";
import { Demand } from "./constraints.ts";

/** Field of an input class. */
interface InputField {
  name: string;
  type: FieldType;
  /** The value is checked only when all of these hold. */
  conditions: ((object: unknown, value: unknown) => boolean)[];
  /** Null: the value may be absent. */
  demand: Demand | null;
}

/**
 * Makes the check of an input class. It puts every field into form, so that all that follows sees what is sent, and returns the first
 * constraint that each field breaks, in the order of the schema. It reads the types from class-validator once, here: class-validator's
 * own executor looks them up again for every field of every request, which was 8 % of a mutation's cost.
 * Throws for a class without constraints and for every validator that constraints.ts does not define, because its message could
 * repeat the value.
 */
export function inputCheck(inputClass: Function): (input: Record<string, unknown>) => Problem[] {
  const fields = fieldsOf(inputClass);
  return (input) => {
    const problems: Problem[] = [];
    for (const { name, type, conditions, demand } of fields) {
      const value = type.inForm(input[name]);
      if (value !== undefined) input[name] = value;
      if (!conditions.every((holds) => holds(input, value))) continue;
      const breach = demand?.breach(value) ?? type.breach(value);
      if (breach) problems.push(problem("INVALID_INPUT", { field: name, message: breach.message }));
    }
    return problems;
  };
}

/**
 * Makes TypeGraphQL's `validateFn` for arguments of these input classes. It answers invalid input with an error, because queries have no
 * list of problems. Mutations check their input themselves (see resolvers/mutation-resolvers.ts).
 */
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
    const [first] = check(argument as Record<string, unknown>);
    if (first) throw new PublicError("BAD_USER_INPUT", { message: first.message });
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
    let found: FieldType | undefined;
    let demand: Demand | null = null;
    for (const { type, name, constraints, context } of ofField) {
      if (context instanceof FieldType && !found) found = context;
      else if (context instanceof Demand) demand = context;
      else if (type === ValidationTypes.CONDITIONAL_VALIDATION) conditions.push(constraints[0]);
      else throw new Error(`${inputClass.name}.${field}: ${name ?? type} is not in inputs/constraints.ts`);
    }
    if (!found) throw new Error(`${inputClass.name}.${field} has no type`);
    return { name: field, type: found, conditions, demand };
  });
}
