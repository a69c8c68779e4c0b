/** Commands that forget tickets, and about one customer. Names, phones and addresses have no index, so each of these decrypts the whole ledger, with rests in between. */
import { readFileSync } from "node:fs";
import type { OptionValues } from "@commander-js/extra-typings";
import type { SqlLedger } from "../src/ledger/ledger.ts";
import { EMAIL, type FieldType, LINE, PHONE, TICKET_ID } from "../src/tickets/fields/field-types.ts";
import { LedgerUnavailable, type Operator } from "../src/tickets/ports.ts";
import { BY, UsageError, clearLine, form, oneOf, readAs } from "./arguments.ts";
import {
  type Report,
  type Work,
  createCommand,
  isConfirmed,
  onLedger,
  operatorNamed,
  untilStopped,
} from "./command.ts";
import { allOf, found, shownSubmission } from "./list.ts";
import { jsonOf, showProgress, textOf } from "./output.ts";
import { type CustomerRecords, type Details, recordsOf } from "./ledger/sealed.ts";
import { shownAnswer } from "./show.ts";

export const forget = createCommand(
  form("forget", "Deletes the stored data of tickets, or of submissions. Their numbers and keys stay.")
    .argument("<id...>", "ids of the tickets in Sociomile, or of submissions", (id, ids?: string[]) => [
      ...(ids ?? []),
      readAs(TICKET_ID)(id),
    ])
    .requiredOption(...BY),
  ({ by }, [ids]) =>
    onLedger(async (ledger) => {
      const [forgotten, unknown]: [string[], string[]] = [[], []];
      // A pasted list may name one twice.
      for (const id of new Set(ids)) ((await forgetOne(id, operatorNamed(by), ledger)) ? forgotten : unknown).push(id);
      const refusals = unknown.map((id) => `Nothing was known about ${id}.`);
      return { data: { forgotten, unknown }, refusal: [...refusals, await emptyChanges(ledger)].join(" ").trim() };
    }),
);

/** Forgets a ticket, or a submission with its tickets. */
async function forgetOne(id: string, by: Operator, ledger: SqlLedger): Promise<boolean> {
  const submission = await ledger.find(id);
  const tickets = submission ? [submission.ticketId, submission.conflictingTicketId] : [id];
  const known = tickets.filter((ticketId) => ticketId !== null);
  const forgetting = known.map((ticketId) => ledger.forgetTicket(ticketId, by));
  if (known.length === 0) forgetting.push(ledger.forgetSubmission(id, by));
  return (await Promise.all(forgetting)).includes(true);
}

/** A phone number as people write it, who search for what Sociomile reports as well. */
const WRITTEN_PHONE: FieldType = {
  inForm: (value) => PHONE.inForm(String(value).replaceAll(/[\p{Zs}\p{Dash}().]/gu, "")),
  breach: PHONE.breach,
};

/** Options that name a customer, with the fields of such a value. A contact may be a phone or an address. */
const NAMED_BY = {
  email: { type: EMAIL, fields: ["customerEmail", "connectId"] },
  phone: { type: WRITTEN_PHONE, fields: ["customerPhone", "connectId"] },
  name: { type: LINE, fields: ["customerName"] },
} as const;
const OPTIONS = Object.keys(NAMED_BY) as (keyof typeof NAMED_BY)[];

const aboutCustomer = (name: string, meaning: string) =>
  form(name, meaning)
    .option("--email <value>", "their address; - reads it from standard input", readAs(LINE))
    .option("--phone <value>", "their phone, or -", readAs(LINE))
    .option("--name <value>", "their full name, or -", readAs(LINE))
    .requiredOption(...BY);

/** Returns the test for details of the customer. A value of `-` stands on standard input, where nobody else sees it. */
function testIn(options: OptionValues): (details: Details) => boolean {
  const [option, typed] = oneOf(options, OPTIONS);
  const { type, fields } = NAMED_BY[option];
  const value = readAs(type)(typed === "-" ? readFileSync(process.stdin.fd, "utf8") : typed);
  if (!/[\p{L}\p{N}].*[\p{L}\p{N}]/u.test(value)) throw new UsageError(`--${option}: Enter the full value.`);
  const comparable = (text: unknown) => String(type.inForm(text)).normalize("NFC").toLowerCase();
  const wanted = comparable(value);
  return (details) =>
    fields.some((field) => typeof details[field] === "string" && comparable(details[field]) === wanted);
}

/**
 * Makes the work of a command about a customer, and keeps a `reading` before anything is shown. It ends as refused when texts cannot be read, because
 * they may be the customer's.
 */
function onHoldings(
  { by, ...options }: OptionValues & { by: string },
  reading: "SHOW" | "EXPORT" | null,
  work: (held: Holdings, ledger: SqlLedger, findAgain: () => Promise<Holdings>) => Promise<Report>,
): Work {
  const isTheirs = testIn(options);
  return onLedger(async (ledger, { addressOf }) => {
    const find = async () => {
      const records = await recordsOf(addressOf(), isTheirs, (count, reached) => {
        const until = reached === null ? "" : `, of submissions until ${new Date(reached).toISOString()}`;
        showProgress(`${count} texts read${until}`);
      });
      showProgress("");
      return holdingsOf(records, ledger);
    };
    const held = await find();
    const ids = [...held.ticketIds, ...held.submissions.map(({ id }) => id)];
    if (reading !== null && ids.length > 0) await ledger.keepReading(reading, operatorNamed(by), ids);
    const report = await work(held, ledger, find);
    const { unreadable: count } = held.records;
    if (count === 0) return report;
    const unreadable = `${count} texts cannot be read, and may be theirs: look with \`verify\`.`;
    return { ...report, refusal: `${report.refusal ?? ""} ${unreadable}`.trim() };
  });
}

type Holdings = Awaited<ReturnType<typeof holdingsOf>>;

/** Collects the tickets of the records, all submissions of these, and an overview without personal data. */
async function holdingsOf(records: CustomerRecords, ledger: SqlLedger) {
  const own = await Promise.all(records.details.map(({ id }) => ledger.find(id)));
  const all = own.filter((submission) => submission !== null);
  const opened = all.flatMap(({ ticketId, conflictingTicketId }) => [ticketId, conflictingTicketId]);
  const ids = [...records.tickets.map(({ id }) => id), ...opened].filter((id) => id !== null);
  const ticketIds = [...new Set(ids)];
  for (const ticketId of ticketIds) all.push(...(await allOf(ledger, { ticketId })));
  const submissions = [...new Map(all.map((submission) => [submission.id, submission])).values()];
  return { records, ticketIds, submissions, overview: await found(ledger, ticketIds, submissions) };
}

const showCustomer = createCommand(
  aboutCustomer("show", "Shows which tickets and submissions hold data of a customer."),
  (who) => onHoldings(who, "SHOW", async ({ overview }) => overview),
);

const exportCustomer = createCommand(
  aboutCustomer("export", "Writes all that is stored about a customer, and what was done, as JSON."),
  (who) =>
    onHoldings(who, "EXPORT", async ({ records, ticketIds, submissions }, ledger) => {
      const ids = submissions.map(({ id }) => id);
      const [actions, answers] = [await ledger.actionsOf(ids), await ledger.answers(ids)];
      const histories = submissions.map((one, nth) => ({
        ...shownSubmission(one),
        ...shownAnswer(answers[nth] ?? null),
        actions: actions[nth],
      }));
      const ticketsAsShown = (await ledger.tickets(ticketIds)).filter((ticket) => ticket !== null);
      const data = { exportedAt: Temporal.Now.instant(), ...records, ticketsAsShown, submissions: histories };
      return { text: jsonOf(data), data };
    }),
);

const forgetCustomer = createCommand(
  aboutCustomer("forget", "Shows what is stored about a customer, asks, erases it, and prints a protocol.")
    .requiredOption("--reason <text>", "why it is erased, without personal data", clearLine)
    .option("--yes", "do not ask"),
  ({ reason, yes, ...who }) =>
    onHoldings(who, yes ? null : "SHOW", async (shown, ledger, findAgain) => {
      const { by } = who;
      const { overview, submissions, ticketIds } = shown;
      if (submissions.length === 0 && ticketIds.length === 0)
        return { ...overview, refusal: await emptyChanges(ledger) };
      if (!yes && !(await isConfirmed(`${overview.text}\n\nErase this?`)))
        return { ...overview, refusal: "Nothing is erased without a yes, or --yes." };
      const beganAt = Temporal.Now.instant();
      const done = await erase(yes ? shown : await findAgain(), shown, operatorNamed(by), reason, ledger);
      const notEmptied = await emptyChanges(ledger); // also when something is open
      const notReached = "Sociomile's copies, log lines, earlier backups, and the numbers in submissions";
      const [foundBy] = oneOf(who, OPTIONS);
      const data = { by, reason, foundBy, beganAt, endedAt: Temporal.Now.instant(), notReached, ...done };
      return {
        data,
        text: textOf(data),
        refusal: done.open.length > 0 ? "Not everything is erased. Repeat the command." : notEmptied,
      };
    }),
);

export const customer = form("customer", "Finds what is stored about a customer, hands it over, or erases it.")
  .addCommand(showCustomer)
  .addCommand(exportCustomer)
  .addCommand(forgetCustomer)
  .action(() => {
    throw new UsageError("Give one of show, export, forget.");
  });

/** Empties SQLite's file of recent changes, in which erased texts stay, sealed. Returns the refusal when it could not. */
async function emptyChanges(ledger: SqlLedger): Promise<string> {
  const isEmpty = await ledger.forgetChanges().catch(() => false);
  return isEmpty ? "" : "What was erased is still in SQLite's file of recent changes. Repeat the command.";
}

/**
 * Erases submissions without a ticket, which cancels those that are queued, then tickets. `open`: what failed, was not `shown`, or came after a signal to
 * stop: the same command finds it.
 */
async function erase(
  { ticketIds, submissions }: Holdings,
  shown: Holdings,
  operator: Operator,
  reason: string,
  ledger: SqlLedger,
) {
  const known = new Set([...shown.ticketIds, ...shown.submissions.map(({ id }) => id)]);
  const done: Record<"erased" | "cancelled" | "open", string[]> = { erased: [], cancelled: [], open: [] };
  const stopping = untilStopped();
  const note = async (kind: "erased" | "cancelled", id: string, work: () => Promise<unknown>) => {
    const isDone = known.has(id) && !stopping.aborted && (await work().catch(unlessUnavailable));
    done[isDone ? kind : "open"].push(id);
  };
  for (const { id, state, ticketId, conflictingTicketId } of submissions)
    if (ticketId === null && conflictingTicketId === null)
      await note(state === "QUEUED" ? "cancelled" : "erased", id, () => ledger.forgetSubmission(id, operator, reason));
  for (const id of ticketIds) await note("erased", id, () => ledger.forgetTicket(id, operator, reason));
  return done;
}

function unlessUnavailable(error: unknown): void {
  if (!(error instanceof LedgerUnavailable)) throw error;
}
