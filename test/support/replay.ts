import { expect } from "vitest";

const TIMES: ReadonlySet<string> = new Set(["observedAt", "settledAt"]);

/**
 * Returns what a replay of an answer shows: the same, with times that may lie a second beside. Those of the answer are as the service's clock is
 * known, and those of a replay as the ledger's.
 */
export function replayOf(payload: object | null | undefined): object {
  return { ...(copyOf(payload) as object), replayed: true };
}

function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]: [string, unknown]) => [
      name,
      TIMES.has(name) && typeof each === "string" ? near(each) : copyOf(each),
    ]),
  );
}

function near(time: string): unknown {
  return expect.toSatisfy((other: string) => Math.abs(Date.parse(other) - Date.parse(time)) <= 1000);
}
