/** Weights of fields, which `@cost` and `@listSize` show (https://ibm.github.io/graphql-specs/cost-spec.html). */
import { Directive, Extensions } from "type-graphql";
import { LIMITS } from "../../tickets/fields/rules.ts";

/** Bytes of an answer, and of memory, that weigh 1, as much as a short field. */
export const BYTES_A_WEIGHT = 128;
/** Bytes of the largest characters. */
const BYTES_A_CHARACTER = 4;

export const weightOfText = (characters: number) => Math.ceil((characters * BYTES_A_CHARACTER) / BYTES_A_WEIGHT);

export const WEIGHTS = {
  line: weightOfText(LIMITS.oneLine),
  longText: weightOfText(LIMITS.longText),
  /** A ticket, a submission or a resolution, which is read from the ledger, beside its fields. */
  read: 40,
  /** A list of submissions, which may look through the whole ledger. */
  search: 6000,
  /** A mutation that calls Sociomile. */
  call: 100,
} as const;

/** Weight of a field beside the fields in it, or a function that gives the weight of all. */
export type Complexity =
  number | ((asked: { args: Readonly<Record<string, unknown>>; childComplexity: number }) => number);

/** Weight of what is read for each item of an argument that is a list. `most`: items beyond these are not read. */
export const weightOfEach =
  (argument: string, most = Infinity): Complexity =>
  ({ args, childComplexity }) => {
    const { [argument]: items } = args;
    const count = Array.isArray(items) ? Math.min(items.length, most) : 1;
    return WEIGHTS.read + count * (WEIGHTS.read + childComplexity);
  };

type FieldMark = MethodDecorator & PropertyDecorator;

export const Weighs = (complexity: Complexity): FieldMark => Extensions({ complexity });

/** Marks a field that weighs more than others of its type. */
export const Costs =
  (weight: number): FieldMark =>
  (target: object, field: string | symbol) => {
    Directive(`@cost(weight: ${weight})`)(target, field);
    Weighs(weight)(target, field);
  };

/** Marks a list that has at most so many items. */
export const ListOf =
  (items: number, weightOfItem: number = 1, weightOfList: number = WEIGHTS.read): FieldMark =>
  (target: object, field: string | symbol) => {
    Directive(`@listSize(assumedSize: ${items})`)(target, field);
    Weighs(({ childComplexity }) => weightOfList + items * (weightOfItem + childComplexity))(target, field);
  };
