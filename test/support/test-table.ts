import { test } from "vitest";

/** Makes a test of each row of a table. The title gets the row's name, and the test gets the name and the row. */
export const testTable = <Row>(rows: Readonly<Record<string, Row>>) => test.each(Object.entries(rows));
