import { GraphQLScalarType, Kind, type ValueNode } from "graphql";

/** Refuses a value of the wrong JSON kind, or a number that is no longer exact. GraphQL itself must refuse these. */
export class ScalarInputError extends Error {}

function refuse(advice: string): never {
  throw new ScalarInputError(advice);
}

/** Parser that takes text unchanged, and whole numbers with exactly the digits that were sent. */
function exactText(advice: string) {
  return {
    parseValue(value: unknown): string {
      if (typeof value === "string") return value;
      if (typeof value !== "number") return refuse(advice);
      // JSON.parse has rounded a number that does not fit a double, so its digits are unknown above 2^53.
      return Number.isSafeInteger(value)
        ? String(value)
        : refuse(`${advice} This number is not exact: send a string.`);
    },
    parseLiteral(node: ValueNode): string {
      return node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : refuse(advice);
    },
    serialize: String,
  };
}

/** ASCII digits. The scalar takes any text; a constraint of the input field checks the digits (see inputs/constraints.ts). */
export const Digits = new GraphQLScalarType<string>({
  name: "Digits",
  description:
    "String of ASCII digits, such as an account number. Leading zeros count. Whole JSON numbers are accepted up to " +
    "9007199254740991 (2^53 - 1). Send longer ones as strings, because JSON numbers lose digits.",
  ...exactText("Send a string of digits."),
});

export const Rupiah = new GraphQLScalarType<string>({
  name: "Rupiah",
  description:
    'Amount in rupiah, zero or more, with at most two decimals after a point: "200000" or "9000000000.50". Whole JSON ' +
    "numbers are accepted up to 9007199254740991 (2^53 - 1). Send decimals as a string, because JSON numbers are binary.",
  ...exactText("Send the amount as a string."),
});

// RFC 3339, section 5.6, without the leap second, which the vendor's wall clock cannot show.
const RFC_3339 =
  /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** Reads an RFC 3339 time and cuts fractions of a second. Returns other text unchanged, for the field's constraint to refuse. */
function readInstant(text: string): Temporal.Instant | string {
  const [, time, offset] = RFC_3339.exec(text) ?? [];
  if (time === undefined || offset === undefined) return text;
  try {
    return Temporal.Instant.from(`${time}${offset}`);
  } catch {
    return text; // 30 February
  }
}

export const DateTime = new GraphQLScalarType<Temporal.Instant | string, string>({
  name: "DateTime",
  description:
    'Instant as RFC 3339 text. Input needs an offset, as in "2025-10-23T16:54:08+08:00" or "2025-10-23T08:54:08Z"; fractions ' +
    'of a second are cut. Output is UTC in whole seconds, as in "2025-10-23T08:54:08Z".',
  parseValue: (value) =>
    typeof value === "string" ? readInstant(value) : refuse("Send an RFC 3339 string."),
  parseLiteral: (node) =>
    node.kind === Kind.STRING ? readInstant(node.value) : refuse("Send an RFC 3339 string."),
  serialize(value) {
    if (value instanceof Temporal.Instant) return value.toString({ smallestUnit: "second" });
    throw new TypeError("DateTime serializes instants only");
  },
});
