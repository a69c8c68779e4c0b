import type { LedgerReport } from "../ledger/inspect.ts";
import type { Command } from "./command.ts";
import { timeOf } from "./printable.ts";
import { shown } from "./submissions.ts";
import { type Columns, namedValues, table } from "./table.ts";

/** Reads a whole ledger, such as a restored backup. */
export const verify: Command = {
  usage: ["verify"],
  meaning:
    "Reads the whole ledger, such as a restored backup, and tells what it holds and what cannot be read.",
  prepare:
    () =>
    async ({ ledger, width }) => {
      const report = await ledger.inspect();
      const data = { ...report, keys: report.keys.map(shown) };
      return { text: textOf(report, width), data, refusal: refusalOf(report) };
    },
};

function refusalOf({ unreadable }: LedgerReport): string {
  const { tickets, details, queuedRequests, submissions, damage } = unreadable;
  const reasons = [
    damage.length > 0 && `The database is damaged: ${damage[0]}`,
    tickets.count > 0 &&
      `The reports about ${tickets.count} tickets cannot be read, such as ${tickets.ids.join(", ")}.`,
    details.count > 0 &&
      `The details of ${details.count} submissions cannot be read, such as ${details.ids.join(", ")}.`,
    queuedRequests.count > 0 &&
      `${queuedRequests.count} queued requests cannot be read, such as those of ${queuedRequests.ids.join(", ")}.`,
    submissions > 0 && `The keys of ${submissions} submissions are not in LEDGER_KEY.`,
  ];
  return reasons.filter(Boolean).join(" ");
}

const STATE: Columns<[state: string, count: number]> = {
  STATE: ([state]) => state,
  SUBMISSIONS: ([, count]) => count,
};
const KEY: Columns<LedgerReport["keys"][number]> = {
  KEY: ({ id }) => id,
  "IN LEDGER_KEY": ({ isHere }) => (isHere ? "yes" : "NO"),
  "FIRST USED": ({ firstUsedAt }) => firstUsedAt && timeOf(firstUsedAt),
  SUBMISSIONS: ({ submissions }) => submissions,
  SEALED: ({ sealed }) => sealed,
};

function textOf(report: LedgerReport, width: number): string {
  const { engine, tickets, references, resolutions, keys } = report;
  const states = Object.entries(report.submissions);
  return [
    namedValues({ engine, tickets, references, resolutions }),
    states.length > 0 ? table(STATE, states, width) : "There are no submissions.",
    table(KEY, keys, width),
  ].join("\n\n");
}
