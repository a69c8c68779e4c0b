import { GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { trim } from "../../tickets/fields/rules.ts";
import type { Instant } from "../../tickets/ticket.ts";

/** Error for a value of the wrong JSON type, or for an inexact number. GraphQL refuses the request before a resolver runs. */
export class ScalarInputError extends Error {}

function refuseInput(advice: string): never {
  throw new ScalarInputError(advice);
}

/** Largest whole number that JSON.parse reads without losing digits. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER;

/** Parser that takes text unchanged, and whole numbers with exactly the digits that were sent. `advice` begins with "Send". */
function exactText(advice: string) {
  return {
    parseValue: (value: unknown): string => {
      if (typeof value === "string") return value;
      if (typeof value !== "number") return refuseInput(advice);
      // The request handler has made Infinity of numbers that JSON.parse would have changed.
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? String(value)
        : refuseInput(
            `${advice} A JSON number is accepted only when it is a whole number up to ${MAX_EXACT}, without ` +
              "decimals or exponent.",
          );
    },
    parseLiteral(node: ValueNode): string {
      return node.kind === Kind.STRING || node.kind === Kind.INT ? node.value : refuseInput(advice);
    },
    serialize: String,
  };
}

/** Parser of `ID`. The parser of graphql-js accepts every whole number, even one without its last digits. */
export const ExactId = { parseValue: exactText("Send the id as a string.").parseValue };

/** ASCII digits. The scalar accepts any text; a constraint of the input field checks the digits (see ticket-inputs.ts). */
export const Digits = new GraphQLScalarType<string>({
  name: "Digits",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc5234#appendix-B.1", // 1*DIGIT
  description:
    "String of ASCII digits, such as an account number. Leading zeros count. Whole JSON numbers are accepted up to " +
    `${MAX_EXACT} (2^53 - 1). Send longer ones as strings, because JSON numbers lose digits.`,
  ...exactText('Send a string of digits, such as "826282".'),
});

export const Rupiah = new GraphQLScalarType<string>({
  name: "Rupiah",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259#section-6", // int [ frac ]
  description:
    `Amount in rupiah, zero or more, with at most two decimals: "200000", "9000000000.50". Whole JSON numbers are ` +
    `accepted up to ${MAX_EXACT} (2^53 - 1). Send decimals as a string: a JSON number with decimals or an exponent ` +
    "is refused, because JSON numbers are binary.",
  ...exactText('Send the amount as a string, such as "200000" or "200000.75".'),
});

// RFC 3339, section 5.6, without the leap second, which the vendor's wall clock cannot show. As in ISO 8601, seconds and the
// colon of the offset may be missing.
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?:(:[0-5]\d)(?:\.\d+)?)?(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/i;
const TIME_ADVICE = 'Send a string, such as "2026-01-31T09:30:00+08:00".';

/** Reads a time and cuts fractions of a second. Returns other text unchanged, for the field's constraint to refuse. */
function readInstant(text: string): Temporal.Instant | string {
  const [, date, time, seconds = ":00", offset] = TIME.exec(trim(text)) ?? [];
  if (date === undefined) return text;
  try {
    return Temporal.Instant.from(`${date}T${time}${seconds}${offset}`);
  } catch {
    return text; // 30 February
  }
}

export const DateTime = new GraphQLScalarType<Temporal.Instant | string, string>({
  name: "DateTime",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339#section-5.6", // date-time
  description:
    'Instant as RFC 3339 text. Input needs an offset, as in "2025-10-23T16:54:08+08:00" or ' +
    '"2025-10-23T08:54:08Z". The seconds and the colon of the offset may be missing, and fractions of a second ' +
    'are cut. Output is UTC in whole seconds, as in "2025-10-23T08:54:08Z".',
  parseValue: (value) => (typeof value === "string" ? readInstant(value) : refuseInput(TIME_ADVICE)),
  parseLiteral: (node) => (node.kind === Kind.STRING ? readInstant(node.value) : refuseInput(TIME_ADVICE)),
  serialize: (value) => `${new Date((value as Instant).epochMilliseconds).toISOString().slice(0, -".000Z".length)}Z`,
});
