/** Commands that give verdicts, and that run many lines of such. */
import { readFileSync } from "node:fs";
import { CommanderError } from "@commander-js/extra-typings";
import { REQUIRED_LINE, TICKET_ID, TICKET_NUMBER } from "../tickets/fields/field-types.ts";
import { createResolve } from "../tickets/resolve.ts";
import { Verdict } from "../tickets/submission.ts";
import { BY, UsageError, clearLine, form, formOfSubmission, formed, oneOf } from "./arguments.ts";
import { change, createCommand, prepareIn } from "./command.ts";
import { optionOf } from "./words.ts";

const VERDICT_OPTIONS = new Map(Object.values(Verdict).map((verdict) => [optionOf(verdict), verdict]));

/** Makes a command that gives a verdict. */
function createVerdictCommand(name: string, replacesEarlier: boolean, meaning: string) {
  return createCommand(
    formOfSubmission(name, meaning)
      .option("--created <ticket>", "a create: this ticket exists, by its id", readTicketId)
      .option("--number <n>", "number of the ticket that exists", formed(TICKET_NUMBER))
      .option("--not-created", "a create: there is no ticket")
      .option("--applied", "an update: the ticket has the status")
      .option("--accepted-since <update>", "with --applied: id of a later update", formed(REQUIRED_LINE))
      .option("--not-applied", "an update: the ticket does not have the status")
      .requiredOption("--note <text>", "reason, without personal data", clearLine)
      .requiredOption(...BY)
      .option("--dry-run", "change nothing, and show what the ledger says"),
    (options, [submissionId]) => {
      const verdict = VERDICT_OPTIONS.get(oneOf(options, [...VERDICT_OPTIONS.keys()]))!;
      if (verdict !== "CREATED" && options.number !== undefined)
        throw new UsageError("--number goes only with --created.");
      if (verdict !== "APPLIED" && options.acceptedSince !== undefined)
        throw new UsageError("--accepted-since goes only with --applied.");
      const { created: ticketId = null, number: ticketNumber = null, acceptedSince = null, note } = options;
      const decision = { submissionId, verdict, ticketId, ticketNumber, acceptedSince, note };
      const isDryRun = options.dryRun === true;
      return change(options.by, (ledger, operator) =>
        createResolve(ledger)({ ...decision, ...operator, replacesEarlier, isDryRun }),
      );
    },
  );
}

export const resolve = createVerdictCommand("resolve", false, "Closes a doubt with a verdict.");
export const correct = createVerdictCommand("correct", true, "Replaces the verdict of a resolution.");

/** Reads a ticket's id. The ids in Sociomile's document are 24 hexadecimal digits. People see numbers, trace ids and submissions beside them. */
function readTicketId(text: string): string {
  const id = formed(TICKET_ID)(text);
  if (/^(?![0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$)[0-9a-z_-]{20,}$/.test(id)) return id;
  const example = "such as 690d950c5f287ad0ff3bd9d5, in small letters, and its number apart";
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
