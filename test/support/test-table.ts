import { test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";

/** Makes a test of each row of a table. The title gets the row's name, and the test gets the name and the row. */
export const testTable = <Row>(rows: Readonly<Record<string, Row>>) => test.each(Object.entries(rows));

/** Faulty requests, each with a name, by the code of their refusal. */
export type ByCode<Faulty = string> = Partial<Record<ErrorCode, Readonly<Record<string, Faulty>>>>;

export const rowsByCode = <Faulty, Body>(table: ByCode<Faulty>, bodyOf: (faulty: Faulty) => Body) =>
  Object.entries(table).flatMap(([code, faulty]) =>
    Object.entries(faulty).map(([name, one]) => [name, code as ErrorCode, bodyOf(one)] as const),
  );
