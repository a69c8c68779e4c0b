import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readRequest } from "../../src/http/body.ts";

/** Reads the variable `x` of a body in which it is written so. */
async function variable(written: string): Promise<unknown> {
  const request = new IncomingMessage(new Socket());
  request.headers = { "content-type": "application/json" };
  const reading = readRequest(request, { hold: () => true, turn: () => Promise.resolve(true) });
  request.push(`{"query":"{ a }","variables":{"x":${written}}}`);
  request.push(null);
  const posted = await reading;
  return typeof posted === "string" || Array.isArray(posted) ? posted : posted.variables?.["x"];
}

const blank = fc.constantFrom("", " ", "\n", "\t ", "\r\n");
const inexact = fc.constantFrom(
  "1.0",
  "-0",
  "0.5",
  "200.000",
  "1e3",
  "-1E-2",
  "9007199254740993",
  "-12345678901234567890",
);
const exact = fc.constantFrom("0", "7", "-5", "9007199254740991", "900719925474099");

test("MUST make every number infinite that is not exact as it is written, wherever it stands", async () => {
  await fc.assert(
    fc.asyncProperty(blank, blank, inexact, async (before, after, number) => {
      const infinite = number.startsWith("-") ? -Infinity : Infinity;
      expect(await variable(`${before}${number}${after}`)).toBe(infinite);
      expect(await variable(`[0,${before}${number}${after},1]`)).toEqual([0, infinite, 1]);
      expect(await variable(`{"1.5":${before}${number}${after}}`)).toEqual({ "1.5": infinite });
    }),
  );
});

test("MUST leave exact numbers and all texts unchanged", async () => {
  const text = fc.oneof(fc.string(), fc.constantFrom(": 1.5", "[-0", "1,2e3", '"', "4e33-\\"));
  await fc.assert(
    fc.asyncProperty(blank, exact, text, async (space, number, value) => {
      expect(await variable(`[${JSON.stringify(value)},${space}${number}]`)).toEqual([value, Number(number)]);
    }),
  );
});
