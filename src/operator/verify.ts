import type { Config } from "../config/config.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import type { LedgerReport } from "./inspect.ts";
import { ageOf, timeOf } from "./printable.ts";
import { type Columns, namedValues, table } from "./table.ts";

export const verify = createCommand(
  form(
    "verify",
    "Reads the whole ledger, such as a restored backup. Tells what it holds and what cannot be read.",
  ),
  () =>
    async ({ ledger, config }) => {
      const report = await ledger.inspect();
      return { text: textOf(report, config), data: report, refusal: refusalOf(report) };
    },
);

function refusalOf({ unreadable }: LedgerReport): string {
  const { tickets, details, queuedRequests, answers, submissions, damage } = unreadable;
  const unread = ({ count, ids }: typeof tickets, what: string) =>
    count > 0 && `${what.replace("#", String(count))} cannot be read, such as those of ${ids.join(", ")}.`;
  const reasons = [
    damage.length > 0 && `The database is damaged: ${damage[0]}`,
    unread(tickets, "The reports about # tickets"),
    unread(details, "The details of # submissions"),
    unread(queuedRequests, "# queued requests"),
    unread(answers, "Sociomile's words about # submissions"),
    submissions > 0 && `The keys of ${submissions} submissions are not in LEDGER_KEY.`,
  ];
  return reasons.filter(Boolean).join(" ");
}

const KEY: Columns<LedgerReport["keys"][number]> = {
  KEY: ({ id }) => id,
  "IN LEDGER_KEY": ({ isHere }) => (isHere ? "yes" : "NO"),
  "FIRST USED": ({ firstUsedAt }) => firstUsedAt && timeOf(firstUsedAt),
  SUBMISSIONS: ({ submissions }) => submissions,
  SEALED: ({ sealed }) => sealed,
};

/** Writes the time of the oldest row of a kind beside the limit of its age. */
function besideLimit(oldest: Temporal.Instant | null, limit: string): string {
  return `${oldest === null ? "none" : `${timeOf(oldest)}, ${ageOf(oldest)} old`}; limit ${limit}`;
}

function timesText(times: NonNullable<LedgerReport["times"]>, config: Config): string {
  const { newestCreated, newestSettled, deletedUntil } = times;
  return namedValues({
    "newest submission": newestCreated && timeOf(newestCreated),
    "newest outcome": newestSettled && timeOf(newestSettled),
    "deleted until": deletedUntil && timeOf(deletedUntil),
    "oldest without a ticket": besideLimit(times.ended, `${config.SUBMISSION_RETENTION_DAYS} d`),
    "oldest ticket": besideLimit(times.tickets, `${config.TICKET_RETENTION_DAYS} d`),
    "oldest in the queue": besideLimit(times.queued, `${config.DELIVERY_HOURS} h`),
    "oldest doubt": besideLimit(times.doubts, "none"),
  });
}

function textOf(report: LedgerReport, config: Config): string {
  const { engine, tickets, references, resolutions, keys, times } = report;
  const states = Object.entries(report.submissions).map(([state, count]) => [`submissions ${state}`, count]);
  return [
    namedValues({ engine, ...Object.fromEntries(states), tickets, references, resolutions }),
    times ? timesText(times, config) : "The database is damaged.",
    table(KEY, keys),
  ].join("\n\n");
}
