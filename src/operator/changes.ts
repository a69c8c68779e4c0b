/** Commands that change submissions: verdicts, many lines of such, and what waits for delivery. */
import { readFileSync } from "node:fs";
import { CommanderError, Option } from "@commander-js/extra-typings";
import type { SqlLedger } from "../ledger/ledger.ts";
import { endsInLog } from "../telemetry/read-log.ts";
import { type DecideQueued, createCancel, createRetry } from "../tickets/decide-queued.ts";
import { LINE, TICKET_ID, TICKET_NUMBER } from "../tickets/fields/field-types.ts";
import { createResolve } from "../tickets/resolve.ts";
import { Verdict } from "../tickets/submission.ts";
import {
  BY,
  UsageError,
  clearLine,
  form,
  formOfQueued,
  formOfSubmission,
  readAs,
  oneOf,
} from "./arguments.ts";
import { COMMAND_LINE, type Work, change, createCommand, onLedger, prepareIn } from "./command.ts";
import { allOf } from "./list.ts";
import { columnsOf, shownSubmission, table } from "./output.ts";
import { optionOf } from "./printable.ts";

const VERDICT_OPTIONS = new Map(Object.values(Verdict).map((verdict) => [optionOf(verdict), verdict]));

/** Makes a command that gives a verdict. */
function createVerdictCommand(name: string, replacesEarlier: boolean, meaning: string) {
  return createCommand(
    formOfSubmission(name, meaning)
      .option("--created <ticket>", "this ticket exists, by its id", readTicketId)
      .option("--number <n>", "number of the ticket that exists", readAs(TICKET_NUMBER))
      .option("--not-created", "there is no ticket")
      .requiredOption("--note <text>", "reason, without personal data", clearLine)
      .requiredOption(...BY)
      .option("--dry-run", "change nothing, and show what the ledger says"),
    (options, [submissionId]) => {
      const verdict = VERDICT_OPTIONS.get(oneOf(options, [...VERDICT_OPTIONS.keys()]))!;
      if (verdict !== "CREATED" && options.number !== undefined)
        throw new UsageError("--number goes only with --created.");
      const { created: ticketId = null, number: ticketNumber = null, note } = options;
      const decision = { submissionId, verdict, ticketId, ticketNumber, note };
      const isDryRun = options.dryRun === true;
      return change(options.by, (ledger, operator) =>
        createResolve(ledger)({ ...decision, ...operator, replacesEarlier, isDryRun }),
      );
    },
  );
}

export const resolve = createVerdictCommand(
  "resolve",
  false,
  "Closes the doubt about a create with a verdict.",
);
export const correct = createVerdictCommand("correct", true, "Replaces the verdict of a resolution.");

/** Reads a ticket's id. The ids in Sociomile's document are 24 hexadecimal digits. People see numbers, trace ids and submissions beside them. */
function readTicketId(text: string): string {
  const id = readAs(TICKET_ID)(text);
  if (/^(?![0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$)[0-9a-z_-]{20,}$/.test(id)) return id;
  const example = "such as 690d950c5f287ad0ff3bd9d5, and its number apart";
  throw new UsageError(`Give the ticket's id, ${example}.`, { rule: "NOT_AN_ID" });
}

/** Runs many commands, such as verdicts. Every line is read before the first one runs. */
export const batch = createCommand(
  form("batch", "Runs the commands on standard input, one a line, each with the given options.")
    .option("--note <text>", "note of each verdict", clearLine)
    .option(...BY)
    .option("--dry-run", "change nothing, and show what the ledger says"),
  ({ note, by, dryRun }, _, commandLine) => {
    const options = [note && `--note=${note}`, by && `--by=${by}`, dryRun && "--dry-run"];
    const given = options.filter((option) => typeof option === "string");
    const lines = readFileSync(process.stdin.fd, "utf8").trim().split("\n");
    const works = lines.map((line, nth) => {
      const words = Array.from(line.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word);
      try {
        return prepareIn(commandLine, [...words, ...given]).work;
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        throw new UsageError(`Line ${nth + 1}: ${error.message}`);
      }
    });
    return async (run) => {
      const reports = [];
      for (const work of works) reports.push(await work(run));
      const refusals = reports.map(({ refusal }, nth) => refusal && `Line ${nth + 1}: ${refusal}`);
      return {
        text: reports.map(({ text }) => text).join("\n\n"),
        data: { results: reports.map(({ data }) => data) },
        refusal: refusals.filter(Boolean).join("\n"),
      };
    };
  },
);

export const retry = createCommand(
  formOfQueued("retry", "Lets what waits for delivery be tried now, one submission or all.").option(...BY),
  ({ by: byPerson = null, dryRun: isDryRun = false, allQueued }, [id]) => {
    if (!isAll(id, allQueued, byPerson))
      return change(byPerson, (ledger, operator) => createRetry(ledger)(id!, { ...operator, isDryRun }));
    return withAllQueued(isDryRun ? "would be due" : "are due", createRetry, { byPerson, isDryRun });
  },
);

export const cancel = createCommand(
  formOfQueued(
    "cancel",
    "Takes back what waits for delivery, one submission or all. Keys may be used again.",
  ).requiredOption(...BY),
  ({ by, dryRun: isDryRun = false, allQueued }, [id]) => {
    if (!isAll(id, allQueued, by))
      return change(by, (ledger, operator) => createCancel(ledger)(id!, { ...operator, isDryRun }));
    const operator = { byPerson: by, isDryRun };
    return withAllQueued(isDryRun ? "would be taken back" : "are taken back", createCancel, operator);
  },
);

const OLDEST_QUEUED = { states: ["QUEUED"], orderBy: "CREATED_ASC" } as const;

/** True for all that wait for delivery, false for one. Throws UsageError for neither and both, and for all without a name. */
function isAll(id: string | undefined, allQueued: true | undefined, by: string | null): boolean {
  if ((id === undefined) !== (allQueued === true))
    throw new UsageError("Give the id of a submission, or --all-queued.");
  if (allQueued && by === null) throw new UsageError("--by is missing.");
  return allQueued === true;
}

/** Decides about all that wait for delivery, the oldest first, and counts them. Others may be faster. */
function withAllQueued(
  done: string,
  create: (ledger: SqlLedger) => DecideQueued,
  operator: { byPerson: string | null; isDryRun: boolean },
): Work {
  return onLedger(async (ledger) => {
    const [ids, left]: [string[], string[]] = [[], []];
    for (const { id } of await allOf(ledger, OLDEST_QUEUED)) {
      const { problems } = await create(ledger)(id, { by: COMMAND_LINE, ...operator });
      (problems.length === 0 ? ids : left).push(id);
    }
    const refusal = left.map((id) => `${id} is left as it is. Look with \`show\`.`).join("\n");
    return { text: `${ids.length} ${done}.`, data: { ids, left }, refusal };
  });
}

/** Submissions that a restored ledger would send, those among them that have ended since by the log, and their cancellation. */
export const restoreCheck = createCommand(
  form("restore-check", "Lists what a restored ledger sends at its start, and what of it has ended since.")
    .option("--log <file>", "log since the restored moment, or - for standard input", readAs(LINE))
    .addOption(new Option("--cancel <which>", "take these back").choices(["ended", "all"] as const))
    .option(...BY)
    .option("--dry-run", "change nothing, and list what --cancel takes back"),
  ({ log, cancel: which, by: byPerson = null, dryRun: isDryRun = false }) => {
    if (which && byPerson === null) throw new UsageError("--by is missing.");
    if (which === "ended" && log === undefined) throw new UsageError("--log is missing.");
    return onLedger(async (ledger) => {
      const waiting = await allOf(ledger, OLDEST_QUEUED);
      const ends = log === undefined ? new Map<string, string>() : await endsInLog(log);
      const endOf = ({ id }: { id: string }) => ends.get(id) ?? null;
      const ended = waiting.filter((one) => endOf(one) !== null);
      const chosen = which === undefined ? [] : { all: waiting, ended }[which];
      const [taken, left]: [string[], string[]] = [[], []];
      for (const { id } of chosen) {
        const { problems } = await createCancel(ledger)(id, { by: COMMAND_LINE, byPerson, isDryRun });
        (problems.length === 0 ? taken : left).push(id);
      }
      const rows = table({ ...columnsOf("QUEUED"), "END IN THE LOG": endOf }, waiting);
      const count = `${waiting.length} wait for delivery, of which ${ended.length} have ended by the log.`;
      const result = which && `${taken.length} ${isDryRun ? "would be" : "are"} taken back.`;
      const shown = waiting.map((one) => ({ ...shownSubmission(one), endInLog: endOf(one) }));
      return {
        text: [rows, count, result].filter(Boolean).join("\n"),
        data: { waiting: shown, taken, left },
        refusal: left.map((id) => `${id} could not be taken back. Look with \`show\`.`).join("\n"),
      };
    });
  },
);
