/** Deletion of what is over its time for long, and waits for a person. */
import { unavailable } from "../src/ledger/database/unusable.ts";
import type { SqlLedger } from "../src/ledger/ledger.ts";
import { form, time } from "./arguments.ts";
import { type Report, createCommand, isConfirmed, onLedger } from "./command.ts";
import { showProgress, textOf, timeOf } from "./output.ts";
import { instantOf } from "../src/ledger/clock.ts";

type Own = ReturnType<SqlLedger["retention"]>;
type Limits = ReturnType<Own["limits"]>;
type Kind = keyof Limits;

export const retention = createCommand(
  form("retention", "Shows what is over its time for more than a week and waits, or deletes up to a time.")
    .option("--until <date>", "delete what was last known until then, such as 2026-11-25", time)
    .option("--yes", "do not look and ask first"),
  ({ until, yes = false }) =>
    onLedger(async (ledger, { config }) => {
      const { SUBMISSION_RETENTION_DAYS: submissionDays, TICKET_RETENTION_DAYS: ticketDays } = config;
      const own = ledger.retention({ submissionDays, ticketDays });
      try {
        return await (until ? deleteUntil(until, yes, own) : waitingIn(own));
      } catch (error) {
        throw unavailable(error);
      }
    }),
);

async function waitingIn(own: Own): Promise<Report & { data: { waiting: object[] } }> {
  const waiting = await foundUntil(own.waitLimits(), own);
  const goesOn = "Nothing waits: the service deletes what is over its time.";
  const help = "While this waits, nothing is deleted. Compare its dates with the clock, then give --until.";
  return { data: { waiting }, note: waiting.length === 0 ? goesOn : help };
}

async function deleteUntil(until: Temporal.Instant, isSure: boolean, own: Own): Promise<Report> {
  const [limits, wanted] = [own.limits(), until.epochMilliseconds + 1000]; // lists show whole seconds
  const [submissions, tickets] = [instantOf(limits.submissions), instantOf(limits.tickets)];
  if (until.epochMilliseconds > Math.max(limits.submissions, limits.tickets)) {
    const ends = `without a ticket submissions are kept since ${timeOf(submissions)}, tickets since ${timeOf(tickets)}`;
    return { data: { deleted: null }, text: "", refusal: `${timeOf(until)} is too young: ${ends}.` };
  }
  const kinds = Object.entries(limits).map(([kind, limit]) => [kind, Math.min(limit, wanted)]);
  const before = Object.fromEntries(kinds) as Limits;
  if (!isSure) {
    const data = { found: await foundUntil(before, own) };
    if (data.found.length === 0) return { data, text: "Nothing was last known until then." };
    if (!(await isConfirmed(`${textOf(data)}\n\nDelete this?`)))
      return { data, refusal: "Nothing is deleted without a yes, or --yes." };
  }
  const deleted = await own.deleteUntil(before, (kind, count) => showProgress(`${count} ${kind} deleted`));
  showProgress("");
  const { data, note } = await waitingIn(own);
  return { data: { deleted, ...data }, note };
}

/** Finds what was last known before these limits, with progress. `details`: of doubts. */
async function foundUntil(before: Limits, own: Own) {
  let read = 0;
  const found = await own.look(before, (count) => (showProgress(`${(read += count)} found`), false));
  showProgress("");
  return (Object.keys(found) as Kind[]).map((kind) => {
    const { count, oldest, newest } = found[kind]!;
    const times = { oldest: instantOf(oldest), newest: instantOf(newest), until: instantOf(before[kind]) };
    return { kind, count, ...times };
  });
}
