/** Commands about one customer. Names, phones and addresses have no index, so each command decrypts the whole ledger, at a low priority. */
import { readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { createInterface } from "node:readline/promises";
import type { SqlLedger } from "../ledger/ledger.ts";
import type { CustomerRecords, Details } from "../ledger/sealed.ts";
import { EMAIL, LINE, PHONE, REQUIRED_CLEAR_LINE, REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import { ANY_SUBMISSION, LedgerUnavailable } from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import { type Arguments, UsageError, inForm } from "./arguments.ts";
import { COMMAND_LINE, type Command, type Report, type Work, onLedger } from "./command.ts";
import { foundReport } from "./find.ts";
import { PAGE_SIZE, pageOf } from "./list.ts";
import { jsonOf, timeOf } from "./printable.ts";
import { shownSubmission } from "./submissions.ts";
import { type Page, namedValues } from "./table.ts";

/** Options that name a customer, with the fields that hold such a value. A contact may be a phone or an address. */
const NAMED_BY = {
  email: { type: EMAIL, fields: ["customerEmail", "connectId"] },
  phone: { type: PHONE, fields: ["customerPhone", "connectId"] },
  name: { type: LINE, fields: ["customerName"] },
} as const;
const WHO = "--email VALUE | --phone VALUE | --name VALUE";
const STDIN = 0;

type Option = keyof typeof NAMED_BY;

/** Reads who the customer is. `-`: the value stands on standard input, where nobody else sees it. */
function customerIn(given: Arguments): { foundBy: Option; isTheirs: (details: Details) => boolean } {
  const foundBy = given.oneOf(Object.keys(NAMED_BY) as Option[]);
  const { type, fields } = NAMED_BY[foundBy];
  const typed = given.required(foundBy, LINE);
  const value = inForm(typed === "-" ? readFileSync(STDIN, "utf8") : typed, type, `--${foundBy}`);
  if (!/[\p{L}\p{N}].*[\p{L}\p{N}]/u.test(value)) throw new UsageError(`--${foundBy}: Give all of it.`);
  const form = (text: unknown) => String(type.inForm(text)).normalize("NFC").toLowerCase();
  const wanted = form(value);
  return { foundBy, isTheirs: (details) => fields.some((field) => form(details[field]) === wanted) };
}

/** Everything that the ledger holds of a customer. */
interface Holdings {
  foundBy: Option;
  records: CustomerRecords;
  ticketIds: string[];
  submissions: Submission[];
  /** Report without personal data. */
  overview: Report;
}

/** Makes the work of a command about a customer. It ends as refused when texts cannot be read, because they may be the customer's. */
function onHoldings(given: Arguments, work: (held: Holdings, ledger: SqlLedger) => Promise<Report>): Work {
  const { foundBy, isTheirs } = customerIn(given);
  return onLedger(async (ledger, opened) => {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // callers come first
    const records = await opened.ledger.recordsOf(isTheirs, (count) => showProgress(`${count} texts read`));
    showProgress("");
    const { ticketIds, submissions } = await allOf(records, ledger);
    const page = { items: submissions, hasMore: false };
    const overview = await foundReport(ledger, ticketIds, page, opened.width);
    const report = await work({ foundBy, records, ticketIds, submissions, overview }, ledger);
    if (records.unreadable === 0) return report;
    const unreadable = `${records.unreadable} texts cannot be read, and may be theirs: look with \`verify\`.`;
    return { ...report, refusal: `${report.refusal ?? ""} ${unreadable}`.trim() };
  });
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

/** Returns the tickets of the records, and all submissions of these. */
async function allOf(records: CustomerRecords, ledger: SqlLedger) {
  const own = [...records.details, ...records.queuedRequests].map(({ id }) => ledger.find(id));
  const found = (await Promise.all(own)).filter((submission) => submission !== null);
  const opened = found.flatMap(({ ticketId, conflictingTicketId }) => [ticketId, conflictingTicketId]);
  const ids = [...records.tickets.map(({ id }) => id), ...opened].filter((id) => id !== null);
  const ticketIds = [...new Set(ids)];
  for (const ticketId of ticketIds) {
    let page: Page<Submission> = { items: [], hasMore: true };
    while (page.hasMore) {
      const after = page.items.at(-1)?.id ?? null;
      page = await pageOf(ledger, { ...ANY_SUBMISSION, ticketId, first: PAGE_SIZE.max, after });
      found.push(...page.items);
    }
  }
  const submissions = new Map(found.map((submission) => [submission.id, submission]));
  return { ticketIds, submissions: [...submissions.values()] };
}

export const customer: Command = {
  usage: [`customer ${WHO}`],
  meaning:
    "Finds the tickets, submissions and queued requests of a customer; a VALUE of - comes from standard input.",
  prepare: (given) => onHoldings(given, async ({ overview }) => overview),
};

export const exportCustomer: Command = {
  usage: [`customer export ${WHO} --to FILE`],
  meaning:
    "Writes all that is stored about a customer, and what was done, as JSON into a new FILE for its owner alone.",
  prepare(given) {
    const file = given.required("to", REQUIRED_LINE);
    return onHoldings(given, async ({ records, submissions }, ledger) => {
      const resolutions = await ledger.resolutions(submissions.map(({ id }) => id));
      const histories = submissions.map((one, nth) => ({
        ...shownSubmission(one),
        resolutions: resolutions[nth],
      }));
      const text = jsonOf({ exportedAt: Temporal.Now.instant(), ...records, submissions: histories });
      try {
        writeFileSync(file, text, { flag: "wx", mode: 0o600 });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return { text: "", data: {}, refusal: `The file cannot be made (${code}). None is overwritten.` };
      }
      const data = { file, submissions: submissions.length };
      return {
        text: `The file holds ${submissions.length} submissions, and all that is stored with them.`,
        data,
      };
    });
  },
};

const NOT_REACHED = "Sociomile's copies, log lines, earlier backups, and the numbers in submissions";

export const forgetCustomer: Command = {
  usage: [`customer forget ${WHO} --by NAME --reason TEXT [--yes]`],
  meaning:
    "Shows what is stored about a customer, asks unless --yes is given, erases it, and prints a protocol.",
  prepare(given) {
    const by = given.required("by", REQUIRED_CLEAR_LINE);
    const reason = given.required("reason", REQUIRED_CLEAR_LINE);
    return onHoldings(given, async (held, ledger) => {
      const { foundBy, overview } = held;
      if (held.submissions.length === 0 && held.ticketIds.length === 0) return overview;
      if (!given.has("yes") && !(await isConfirmed(overview.text)))
        return { ...overview, refusal: "Nothing is erased without a yes, or --yes." };
      const beganAt = timeOf(Temporal.Now.instant());
      const { erased, cancelled, open } = await erase(held, by, ledger);
      const facts = { by, reason, foundBy, beganAt, endedAt: timeOf(Temporal.Now.instant()) };
      const lists = {
        erased: erased.join(", "),
        cancelled: cancelled.join(", "),
        open: open.join(", ") || null,
      };
      return {
        text: namedValues({ ...facts, ...lists, "not reached": NOT_REACHED }),
        data: { ...facts, erased, cancelled, open, notReached: NOT_REACHED },
        refusal: open.length > 0 ? "Not everything is erased. Repeat the command." : "",
      };
    });
  },
};

async function isConfirmed(preview: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  using asking = createInterface({ input: process.stdin, output: process.stderr });
  return (await asking.question(`${preview}\n\nErase this? Type yes: `)).trim() === "yes";
}

/**
 * Cancels queued requests, then erases tickets: a request that is sent makes its ticket known again. `open`: requests that are being sent, and
 * the step at which the ledger failed.
 */
async function erase({ ticketIds, submissions }: Holdings, byPerson: string, ledger: SqlLedger) {
  const done: Record<"erased" | "cancelled" | "open", string[]> = { erased: [], cancelled: [], open: [] };
  const queued = submissions.filter(({ deliverBy }) => deliverBy !== null).map(({ id }) => id);
  const steps = [
    ...queued.map(
      (id) => [id, "cancelled", () => ledger.cancel(id, { by: COMMAND_LINE, byPerson })] as const,
    ),
    ...ticketIds.map((id) => [id, "erased", () => ledger.forgetTicket(id, byPerson)] as const),
  ];
  for (const [id, kind, run] of steps) {
    const isDone = await run().catch((error: unknown) => {
      if (error instanceof LedgerUnavailable) return null;
      throw error;
    });
    done[isDone ? kind : "open"].push(id);
  }
  return done;
}
