/** Deletion of what is over its time for long, and waits for a person. */
import { unavailable } from "../ledger/database/unusable.ts";
import type { SqlLedger } from "../ledger/ledger.ts";
import type { Found } from "../ledger/retention.ts";
import { instantOf } from "../ledger/submissions/row.ts";
import { form } from "./arguments.ts";
import { type Report, createCommand, isConfirmed, onLedger, refuse } from "./command.ts";
import { time } from "./list.ts";
import { type Columns, showProgress, table } from "./output.ts";
import { timeOf } from "./printable.ts";

type Own = ReturnType<SqlLedger["retention"]>;
type Limits = ReturnType<Own["limits"]>;
type Line = Found & { kind: keyof Limits; until: number };

const WORDS = {
  submissions: "submissions without a ticket",
  details: "doubts with details",
  tickets: "submissions with a ticket",
} as const satisfies Record<keyof Limits, string>;

const at = (ms: number) => timeOf({ epochMilliseconds: ms });
const LINE: Columns<Line> = {
  COUNT: ({ count }) => count,
  KIND: ({ kind }) => WORDS[kind],
  OLDEST: ({ oldest }) => at(oldest),
  NEWEST: ({ newest }) => at(newest),
  UNTIL: ({ until }) => at(until),
};

/** Reads a time, an age or a day, which begins at midnight in UTC. */
const dayOrTime = (text: string) => time(text.replace(/^\s*(\d{4}-\d{2}-\d{2})\s*$/, "$1T00:00Z"));

export const retention = createCommand(
  form("retention", "Shows what is over its time for more than a week and waits, or deletes up to a time.")
    .option("--until <date>", "delete what was last known until then, such as 2026-11-25", dayOrTime)
    .option("--yes", "do not look and ask first"),
  ({ until, yes }) =>
    onLedger(async (ledger, { config }) => {
      const { SUBMISSION_RETENTION_DAYS: submissionDays, TICKET_RETENTION_DAYS: ticketDays } = config;
      const own = ledger.retention({ submissionDays, ticketDays });
      try {
        return await (until ? deleteUntil(until, yes === true, own) : waitingIn(own));
      } catch (error) {
        throw unavailable(error);
      }
    }),
);

async function waitingIn(own: Own): Promise<Report> {
  const { text, waiting } = await foundUntil(own.waitLimits(), own);
  const goesOn = "Nothing waits: the service deletes what is over its time.";
  const help = "While this waits, nothing is deleted. Compare its dates with the clock, then give --until.";
  return { text: waiting.length === 0 ? goesOn : `${text}\n${help}`, data: { waiting } };
}

async function deleteUntil(until: Temporal.Instant, isSure: boolean, own: Own): Promise<Report> {
  const [limits, wanted] = [own.limits(), until.epochMilliseconds + 1000]; // lists show whole seconds
  const { submissions, tickets } = limits;
  if (until.epochMilliseconds > Math.max(submissions, tickets)) {
    const ends = `without a ticket submissions are kept since ${at(submissions)}, tickets since ${at(tickets)}`;
    return refuse("INVALID_INPUT", `${timeOf(until)} is too young: ${ends}.`, { deleted: null });
  }
  const kinds = Object.entries(limits).map(([kind, limit]) => [kind, Math.min(limit, wanted)]);
  const before = Object.fromEntries(kinds) as Limits;
  if (!isSure) {
    const { text, waiting: found } = await foundUntil(before, own);
    if (found.length === 0) return { text: "Nothing was last known until then.", data: { found } };
    if (!(await isConfirmed(`${text}\n\nDelete this?`)))
      return { text, data: { found }, refusal: "Nothing is deleted without a yes, or --yes." };
  }
  const deleted = await own.deleteUntil(before, (kind, count) => showProgress(`${count} ${kind} deleted`));
  showProgress("");
  const counts = Object.entries(deleted).map(([kind, count]) => `${count} ${kind}`);
  const left = await waitingIn(own);
  return { text: `Deleted: ${counts.join(", ")}.\n${left.text}`, data: { deleted, ...left.data } };
}

/** Finds what was last known before these limits, with progress, and shows it. */
async function foundUntil(before: Limits, own: Own) {
  let read = 0;
  const found = await own.look(before, (count) => (showProgress(`${(read += count)} found`), false));
  showProgress("");
  const lines = (Object.keys(found) as (keyof Limits)[]).map((kind) => ({
    kind,
    ...found[kind]!,
    until: before[kind],
  }));
  const waiting = lines.map(({ kind, count, oldest, newest }) => ({
    kind,
    count,
    oldest: instantOf(oldest),
    newest: instantOf(newest),
  }));
  return { text: table(LINE, lines), waiting };
}
