import { ValidationTypes, getMetadataStorage } from "class-validator";
import type { MiddlewareFn } from "type-graphql";
import { type Problem, problem } from "../../errors.ts";
import type { Context } from "../context.ts";

/** Input that breaks rules: one problem a field. Not an answer yet; the middleware below makes it one. */
class InvalidInput extends Error {
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super("Input breaks a rule");
    this.problems = problems;
  }
}

/** What is registered for one field of an input class. */
interface FieldRules {
  field: string;
  /** The rules hold only where all of these do. */
  conditions: ((object: unknown, value: unknown) => boolean)[];
  rules: { holds: (value: unknown) => boolean; message: string }[];
}

const compiled = new WeakMap<object, FieldRules[]>();

/**
 * Checks an argument by the rules on its class, for TypeGraphQL's `validateFn`: all fields, and of each the first rule that
 * it breaks. The rules are class-validator's, read once; its own executor looks them up anew for every field of every
 * request, 8 % of what a whole mutation cost.
 */
export function validateArgument(argument: unknown): void {
  if (typeof argument !== "object" || argument === null) return;
  const inputClass = argument.constructor;
  let fields = compiled.get(inputClass);
  if (!fields) compiled.set(inputClass, (fields = rulesOn(inputClass)));
  const problems: Problem[] = [];
  for (const { field, conditions, rules } of fields) {
    const value = (argument as Record<string, unknown>)[field];
    if (!conditions.every((holds) => holds(argument, value))) continue;
    const broken = rules.find(({ holds }) => !holds(value));
    if (broken) problems.push(problem("INVALID_INPUT", { field, message: broken.message }));
  }
  if (problems.length > 0) throw new InvalidInput(problems);
}

/** What class-validator knows of a class. Throws where there is nothing, and for what is not understood here. */
function rulesOn(inputClass: Function): FieldRules[] {
  const storage = getMetadataStorage();
  const all = storage.getTargetValidationMetadatas(inputClass, "", false, false);
  if (all.length === 0) throw new Error(`${inputClass.name} has no rules`);
  return Object.entries(storage.groupByPropertyName(all)).map(([field, registered]) => {
    const rules: FieldRules = { field, conditions: [], rules: [] };
    for (const { type, constraints, constraintCls, each, validateIf } of registered) {
      if (each || validateIf) throw new Error(`${field}: options of rules are not understood`);
      if (type === ValidationTypes.CONDITIONAL_VALIDATION) rules.conditions.push(constraints[0]);
      else if (type !== ValidationTypes.CUSTOM_VALIDATION)
        throw new Error(`${field}: ${type} is not understood`);
      else {
        for (const { instance } of storage.getTargetValidatorConstraints(constraintCls)) {
          const message = instance.defaultMessage?.();
          if (!message) throw new Error(`${field} has a rule without a message`);
          rules.rules.push({ holds: (value) => instance.validate(value) === true, message });
        }
      }
    }
    return rules;
  });
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
