/** Rules of values, as decorators of class-validator, each with its report to callers. */
import {
  IsNotEmpty,
  Matches,
  ValidateBy,
  type ValidationArguments,
  type ValidationError,
  ValidationTypes,
  getMetadataStorage,
  useContainer,
  validateSync,
} from "class-validator";
import { enumOf } from "../enum-of.ts";
import texts from "./rules.json" with { type: "json" };

/** Objects of class-validator, one for each rule of a field. Its own container is a list, through which it looks for each rule of each value. */
const made = new Map<new () => unknown, unknown>();
useContainer({ get: (type: new () => unknown) => made.getOrInsertComputed(type, () => new type()) });

/** Rules that a value can break: a closed list, so that front ends can have a sentence of their own for each. */
export type InputRule = keyof typeof texts;
/** Meanings for programmers, and sentences for users where one sentence fits all fields. */
const TEXTS: Readonly<Record<InputRule, { meaning: string; message?: string }>> = texts;
const meanings = Object.entries(TEXTS).map(([name, { meaning }]) => [name, meaning]);
export const InputRule = enumOf(Object.fromEntries(meanings) as Record<InputRule, string>);

/** A broken rule. */
export interface Breach {
  rule: InputRule;
  /** Sentence for users that says what would be right. It never repeats the value. */
  message: string;
  /** Number in the rule, if it has one. */
  limit?: number;
}

type Sentence = string | ((value: string) => string);

/** Options of a decorator: the report of its broken rule to callers. `message` may be made from the value. */
export function says(name: InputRule, message: Sentence = TEXTS[name].message ?? "", limit?: number) {
  const sentence =
    typeof message === "string" ? message : ({ value }: { value: unknown }) => message(String(value));
  return { message: sentence, context: { rule: name, ...(limit !== undefined && { limit }) } };
}

/** Options of class-validator: it reports the first broken rule of each field, and no error contains a value. */
export const CHECKS = {
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
} as const;

type Checked = Readonly<Record<string, unknown>>;
type Question = (checked: Checked) => boolean;
const questions = new Map<unknown, Question>();

/** Returns class-validator's errors for an object. An object that keeps all rules is not shown to it, because it makes an error for each field before it looks. */
export function errorsIn(checked: object): ValidationError[] {
  const keepsAllRules = questions.getOrInsertComputed(checked.constructor, createQuestion);
  return keepsAllRules(checked as Checked) ? [] : validateSync(checked, CHECKS);
}

/** Makes the question whether an object keeps all rules of its class, from the rules that class-validator knows. */
function createQuestion(type: unknown): Question {
  const storage = getMetadataStorage();
  const known = storage.getTargetValidationMetadatas(type as () => unknown, "", false, false);
  const asked = known.filter(({ type: kind }) => kind !== ValidationTypes.WHITELIST); // of Allow
  const fields = Map.groupBy(asked, ({ propertyName }) => propertyName);
  const ofFields = [...fields].map(([field, ofField]): Question => {
    const [conditions, rules] = [ofField.filter(isCondition), ofField.filter((one) => !isCondition(one))];
    const applies = conditions.map(
      ({ constraints }) => constraints[0] as (all: Checked, value: unknown) => boolean,
    );
    const holds = rules.map(({ constraintCls, constraints }) => {
      const { instance } = storage.getTargetValidatorConstraints(constraintCls)[0]!;
      return (value: unknown) => instance.validate(value, { constraints } as ValidationArguments) === true;
    });
    return (checked) => {
      const value = checked[field];
      return !applies.every((isAsked) => isAsked(checked, value)) || holds.every((isKept) => isKept(value));
    };
  });
  return (checked) => ofFields.length > 0 && ofFields.every((isKept) => isKept(checked));
}

const isCondition = ({ type }: { type: string }) => type === ValidationTypes.CONDITIONAL_VALIDATION;

/** Returns the report of a broken rule. Null for a rule without `says`: the library's own sentences are not for users. */
export function breachIn({ constraints = {}, contexts = {} }: Partial<ValidationError>): Breach | null {
  const [name = "", message = ""] = Object.entries(constraints)[0] ?? [];
  const context = contexts[name] as Pick<Breach, "rule" | "limit"> | undefined;
  return context ? { ...context, message } : null;
}

/** Refuses values for which `isRight` is false. class-validator tells the rules of one field apart by their names. */
export function rule(
  name: InputRule,
  isRight: (value: unknown) => boolean,
  message?: Sentence,
  limit?: number,
): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: isRight } }, says(name, message, limit));
}

type TextTest = RegExp | ((text: string) => boolean);

/** Refuses everything but text that passes a test. A field has at most one pattern here, because class-validator names all alike. */
export const textRule = (name: InputRule, test: TextTest, message?: Sentence, limit?: number) =>
  test instanceof RegExp
    ? Matches(test, says(name, message, limit))
    : rule(name, (value) => typeof value === "string" && test(value), message, limit);

/** Refuses text that passes a test. */
export const noTextThat = (name: InputRule, test: TextTest, message?: Sentence) =>
  textRule(name, (text) => !(test instanceof RegExp ? test.test(text) : test(text)), message);

export const NOT_EMPTY = IsNotEmpty(says("REQUIRED"));

// Letters and symbols that render as nothing: Hangul fillers and the blank of Braille.
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\u115F\u1160\u3164\uFFA0\u2800]]/v;
/** Refuses text in which nothing can be seen. To its reader the field is empty. */
export const SEEN = textRule("REQUIRED", (text) => VISIBLE.test(text));

/** Refuses text with one of these characters, and says where the first one stands. */
export const noCharacters = (pattern: RegExp): PropertyDecorator =>
  noTextThat("CONTROL_CHARACTER", pattern, (text) => {
    const lines = text.slice(0, text.search(pattern)).split(/\r\n|\r|\n/);
    const position = `character ${Array.from(lines.at(-1)!).length + 1} of line ${lines.length}`;
    return `This text must not hold control characters or broken ones. Please remove or retype ${position}.`;
  });

/** More marks on one letter than any language has (Unicode's Stream-Safe Text Format). To sort them takes quadratic time. */
const HEAPED_MARKS = /\p{M}{31}/u;

/** True for text that is so much longer than a limit that it is not looked at, because that takes time. */
export const isFarTooLong = (text: string, limit: number): boolean => text.length > 4 * limit;

/** Counts code points. A letter with an accent counts alike however it was typed. */
function lengthOf(text: string, limit: number): number {
  if (text.length <= limit || isFarTooLong(text, limit)) return text.length;
  return Array.from(HEAPED_MARKS.test(text) ? text : text.normalize("NFC")).length;
}

/**
 * Refuses text with more characters than `limit`. Any other mistake is reported first, unless the text is far too long. So this rule stands before
 * the others, and asks them.
 */
export function atMost(limit: number, keepsOthers: (text: string) => boolean): PropertyDecorator {
  const isRight = (text: string) =>
    text.length <= limit ||
    (!isFarTooLong(text, limit) && (lengthOf(text, limit) <= limit || !keepsOthers(text)));
  const message = (text: string) =>
    `Please enter at most ${limit} characters instead of ${lengthOf(text, limit)}.`;
  return rule("TOO_LONG", (value) => typeof value !== "string" || isRight(value), message, limit);
}
