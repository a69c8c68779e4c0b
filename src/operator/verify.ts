import type { LedgerReport } from "../ledger/inspect.ts";
import type { Command } from "./command.ts";
import { timeOf } from "./printable.ts";
import { list, table } from "./table.ts";

/** Reads a whole ledger, such as a restored backup. */
export const verify: Command = {
  argument: null,
  options: {},
  usage: ["verify"],
  meaning:
    "Reads the whole ledger, such as a restored backup, and tells what it holds and what cannot be read.",
  prepare() {
    return async ({ ledger, width }) => {
      const report = await ledger.inspect();
      const refusal = refusalOf(report);
      return {
        text: textOf(report, width),
        data: { ...report, keys: report.keys.map(shownKey) },
        ...(refusal !== null && { refusal }),
      };
    };
  },
};

type KeyReport = LedgerReport["keys"][number];

function shownKey(key: KeyReport): object {
  return { ...key, firstUsedAt: key.firstUsedAt && timeOf(key.firstUsedAt) };
}

function refusalOf({
  unreadable: { tickets, details, queuedRequests, submissions, damage },
}: LedgerReport): string | null {
  const reasons = [
    damage.length > 0 ? `The database is damaged: ${damage[0]}` : "",
    tickets.count > 0
      ? `The reports about ${tickets.count} tickets cannot be read, such as ${tickets.ids.join(", ")}.`
      : "",
    details.count > 0
      ? `The details of ${details.count} submissions cannot be read, such as ${details.ids.join(", ")}.`
      : "",
    queuedRequests.count > 0
      ? `${queuedRequests.count} queued requests cannot be read, such as those of ${queuedRequests.ids.join(", ")}.`
      : "",
    submissions > 0 ? `The keys of ${submissions} submissions are not in LEDGER_KEY.` : "",
  ].filter(Boolean);
  return reasons.length > 0 ? reasons.join(" ") : null;
}

function textOf({ engine, submissions, keys, ...counts }: LedgerReport, width: number): string {
  const states = Object.entries(submissions).map(([state, count]) => [state, String(count)]);
  const keyRows = keys.map(({ id, isHere, firstUsedAt, ...rows }) => [
    id,
    isHere ? "yes" : "NO",
    firstUsedAt && timeOf(firstUsedAt),
    String(rows.submissions),
    String(rows.sealed),
  ]);
  return [
    list({
      engine,
      tickets: String(counts.tickets),
      references: String(counts.references),
      resolutions: String(counts.resolutions),
    }),
    states.length > 0 ? table(["STATE", "SUBMISSIONS"], states, width) : "There are no submissions.",
    table(["KEY", "IN LEDGER_KEY", "FIRST USED", "SUBMISSIONS", "SEALED"], keyRows, width),
  ].join("\n\n");
}
