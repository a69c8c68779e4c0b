import { assert, integer, property } from "fast-check";
import { type GraphQLScalarType, parseValue } from "graphql";
import { describe, expect, test } from "vitest";
import { DateTime, Digits, Rupiah, ScalarInputError } from "../../src/graphql/types/scalars.ts";

const fromLiteral = (scalar: GraphQLScalarType, literal: string): unknown =>
  scalar.parseLiteral(parseValue(literal), {});

/** Last time of Date, and of Temporal, in milliseconds since the epoch. */
const MAX_MS = 8.64e15;

describe.each([Digits, Rupiah])("the scalar %s", (scalar: GraphQLScalarType) => {
  test.each([
    ["0012", "0012"],
    [" not for a scalar to judge ", " not for a scalar to judge "],
    ["", ""],
    [0, "0"],
    [-5, "-5"],
    [9007199254740991, "9007199254740991"],
  ])("MUST read %j as exact text", (value, text) => {
    expect(scalar.parseValue(value)).toBe(text);
  });

  test.each([
    ['"0012"', "0012"],
    ["12", "12"],
    ["9223372036854775807", "9223372036854775807"],
    ["-12345678901234567890123", "-12345678901234567890123"],
  ])("MUST read the literal %s as exact text", (literal, text) => {
    expect(fromLiteral(scalar, literal)).toBe(text);
  });

  const NO_DIGITS = [true, 0.5, -0, 9007199254740992, NaN, Infinity, {}, ["53370"], { s3cret: 53370 }];
  test.each(NO_DIGITS)("MUST refuse %j, advise a string and not repeat the value", (value) => {
    const refusal = expect.objectContaining({
      constructor: ScalarInputError,
      message: expect.stringMatching(/^Send (?!.*(53370|s3cret|9007199254740992|0\.5)).*string/),
    });
    expect(() => scalar.parseValue(value)).toThrow(refusal);
  });

  const LITERALS = ["true", "53370.5", "S3CRET", "[53370]", "{s3cret: 53370}", "null"];
  test.each(LITERALS)("MUST refuse the literal %s", (literal) => {
    expect(() => fromLiteral(scalar, literal)).toThrow(ScalarInputError);
    expect(() => fromLiteral(scalar, literal)).not.toThrow(/53370|s3cret/i);
  });
});

describe("the scalar DateTime", () => {
  test.each([
    ["2025-10-23T08:54:08Z", "2025-10-23T08:54:08Z"],
    ["2025-10-23T16:54:08+08:00", "2025-10-23T08:54:08Z"],
    ["2025-10-23T08:54:08.999999999999Z", "2025-10-23T08:54:08Z"],
    ["1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"], // truncated, not rounded, before and after 1970
    ["2024-02-29t00:00:00z", "2024-02-29T00:00:00Z"],
    ["2025-10-23T16:54+08:00", "2025-10-23T08:54:00Z"],
    ["2025-10-23T16:54:08+0800", "2025-10-23T08:54:08Z"],
    ["2025-10-23 16:54:08.5+0800", "2025-10-23T08:54:08Z"],
    [" 2025-10-23T08:54:08Z\r\n", "2025-10-23T08:54:08Z"],
  ])("MUST read %s and write it as %s", (text, written) => {
    expect(DateTime.serialize(DateTime.parseValue(text))).toBe(written);
    expect(DateTime.serialize(fromLiteral(DateTime, JSON.stringify(text)))).toBe(written);
  });

  const NO_TIMES = [
    "|tomorrow|1924902000|13/12/2031 13:37|2031-12-13|2031-12-13T13:37:00|2031-12-13T13Z|2031-02-30T13:37:00Z",
    "2031-02-29T13:37:00Z|2031-13-01T13:37:00Z|-002031-12-13T13:37:00Z|2031-12-13T24:13:37Z|2031-12-13T13:60:37Z",
    "2031-12-13T13:37.5Z|2031-12-13T13:37:00+24:00|2031-12-13T13:37:00+8|2031-12-13T13:37:00Z[UTC]|2031-12-13 13:37",
  ].flatMap((some) => some.split("|"));
  test.each(NO_TIMES)("MUST leave %j to the constraints of the field", (text) => {
    expect(DateTime.parseValue(text)).toBe(text);
    expect(fromLiteral(DateTime, JSON.stringify(text))).toBe(text);
  });

  test.each([1761209648, true, {}, ["2025-10-23T08:54:08Z"]])("MUST refuse %j", (value) => {
    const refusal = new ScalarInputError('Send a string, such as "2026-01-31T09:30:00+08:00".');
    expect(() => DateTime.parseValue(value)).toThrow(refusal);
  });

  test("MUST write any instant in whole seconds as Temporal does, from an instant of Temporal and from a plain one", () => {
    assert(
      property(integer({ min: -MAX_MS, max: MAX_MS }), (epochMilliseconds) => {
        const instant = Temporal.Instant.fromEpochMilliseconds(epochMilliseconds);
        const written = instant.toString({ smallestUnit: "second" });
        expect(DateTime.serialize(instant)).toBe(written);
        expect(DateTime.serialize({ epochMilliseconds })).toBe(written);
      }),
      { numRuns: 3000, examples: [0, -1, -999, -1000, -MAX_MS, MAX_MS].map((ms): [number] => [ms]) },
    );
  });
});
