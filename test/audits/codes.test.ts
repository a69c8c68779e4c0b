import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ERRORS, PROBLEMS } from "../../src/errors.ts";

const TESTS = fileURLToPath(new URL("../", import.meta.url));

/** Text of all tests, without this file and the file with the schema's tables. */
const text = globSync("**/*.test.ts", { cwd: TESTS })
  .filter((path) => !["codes.test.ts", "schema.test.ts"].includes(basename(path)))
  .map((path) => readFileSync(join(TESTS, path), "utf8"))
  .join("\n");

/** Codes that are also other words, with a text that only the code's own test holds. */
const AMBIGUOUS: Record<string, RegExp> = {
  "problem IN_PROGRESS": /codes\(.*\["IN_PROGRESS"\]/, // a status of tickets
  "error LEDGER_UNAVAILABLE": /extensions: \{ code: "LEDGER_UNAVAILABLE"/, // a problem
};

const CODES = [
  ...Object.keys(PROBLEMS).map((code) => ["problem", code]),
  ...Object.keys(ERRORS).map((code) => ["error", code]),
] as [string, string][];

const isExpected = (kind: string, code: string) =>
  (AMBIGUOUS[`${kind} ${code}`] ?? new RegExp(`"${code}"|^ +${code}: \\{$`, "m")).test(text); // or it heads a table

describe("every code that leaves this service", () => {
  test.each(CODES)("MUST be produced by a test: the %s %s", (kind, code) => {
    expect(isExpected(kind, code)).toBe(true);
  });

  test("MUST NOT be found when it is absent", () => {
    expect(isExpected("error", ["NO", "SUCH", "CODE"].join("_"))).toBe(false);
  });
});
