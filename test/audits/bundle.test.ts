import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const FILES = globSync(["main.js", "app.js", "operator.js", "bundle/*.js"], { cwd: DIST });
const CODE = FILES.map((file) => readFileSync(DIST + file, "utf8")).join("\n");

/** Expressions that mean something else in a bundle. A package that asks for them takes a slower or an unsafe way without a word. */
const LOST_IN_A_BUNDLE =
  /\bmodule\.(?:require|parent|paths)\b|\brequire\.(?:main|resolve|cache)\b|\bprocess\.env\.NODE_ENV\b/g;

describe("the bundle", () => {
  test("MUST hash documents with Node's own SHA-256", () => {
    expect(/__require\(["`]crypto["`]\)\.createHash\(/.test(CODE)).toBe(true); // toMatch would print all of the code
  });

  test("MUST NOT make a package ask for what a bundle does not have", () => {
    expect(FILES.length).toBeGreaterThan(5);
    expect(CODE.match(LOST_IN_A_BUNDLE) ?? []).toEqual([]);
  });

  test("MUST have of class-validator what is used, without the phone numbers of all countries and most of validator", () => {
    expect(/\bvalidateSync\b/.test(CODE)).toBe(true);
    expect(CODE.match(/AsYouType|PhoneNumberMatcher|isMobilePhone|isPostalCode/g) ?? []).toEqual([]);
  });

  test("MUST NOT load a package at run time, but for the one that is optional", () => {
    const loaded = new Set(
      Array.from(CODE.matchAll(/__require\(["`]([^"`]+)["`]\)/g), ([, name = ""]) => name),
    );

    expect([...loaded].filter((name) => !isBuiltin(name))).toEqual(["pg-native"]);
  });
});
