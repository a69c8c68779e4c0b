/** Concurrent rows in one statement: one for each row costs the server three times as much, and this process nearly twice. */
import { CompiledQuery, type Kysely } from "kysely";
import { createGroup } from "./group.ts";
import { REPORT_COLUMNS } from "./reports.ts";
import type { GivenRow, RowStatement, WriteRow } from "./engine.ts";
import { COLUMN_TYPES, type Tables } from "./tables.ts";

/** Types of the columns of submissions and reports, and of what a change compares. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ...COLUMN_TYPES,
  ...Object.entries(REPORT_COLUMNS),
  ["expected_reservation", "blob"],
]);

/** Names a submission with its reservation: one statement may have rows of an earlier and of the present owner. */
const nameOf = ({ id, expected_reservation }: GivenRow) =>
  id.toHex() + ((expected_reservation as Uint8Array | undefined)?.toHex() ?? "");

/** Returns the function that makes the writer of a statement. When the server refuses it for many rows, each runs alone. */
export function createRowWriters(
  db: Kysely<Tables>,
  /** `isRefusal`: true for an error with which the server refused a statement; false when it did not answer. */
  { isRefusal, isDuplicate }: Record<"isRefusal" | "isDuplicate", (error: unknown) => boolean>,
): (statement: RowStatement) => WriteRow {
  return ({ columns, text: written, order }) => {
    const arrays = columns.map((column, nth) => `cast($${nth + 1} as ${TYPES.get(column)!}[])`);
    const list = `FROM unnest(${arrays.join(", ")}) AS given (${columns.join(", ")})`;
    const text = written((column) => `given.${column}`, list);
    const run = async (rows: readonly GivenRow[]): Promise<boolean[]> => {
      // A statement changes a row once, whatever others it is given for it: the first one has it, and the others find it changed.
      const firsts = new Map<string, GivenRow>();
      for (const row of rows) firsts.getOrInsert(nameOf(row), row);
      const sorted = [...firsts.values()].toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
      const parameters = columns.map((column) => sorted.map((row) => row[column]));
      const { rows: changed } = await db.executeQuery<GivenRow>(CompiledQuery.raw(text, parameters));
      const isChanged = new Set(changed.map(nameOf));
      return rows.map((row) => firsts.get(nameOf(row)) === row && isChanged.has(nameOf(row)));
    };
    return createGroup(async (rows: readonly GivenRow[]): Promise<(boolean | Error)[]> => {
      try {
        return await run(rows);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
      const results: (boolean | Error)[] = [];
      for (const row of rows)
        results.push(...(await run([row]).catch((error: Error) => [isDuplicate(error) ? false : error])));
      return results;
    });
  };
}
