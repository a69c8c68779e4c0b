import { REQUIRED_LINE, TICKET_ID, TICKET_NUMBER } from "../tickets/fields/field-types.ts";
import { resolving } from "../tickets/resolve.ts";
import { Verdict } from "../tickets/submission.ts";
import { BY, UsageError, clearLine, form, formed, oneOf } from "./arguments.ts";
import { COMMAND_LINE, change, createCommand } from "./command.ts";
import { optionOf } from "./words.ts";

const VERDICT_OPTIONS = new Map(Object.values(Verdict).map((verdict) => [optionOf(verdict), verdict]));

/** Makes a command that gives a verdict. */
function createVerdictCommand(name: string, replacesEarlier: boolean, meaning: string) {
  return createCommand(
    form(name, meaning)
      .argument("<id>", "id of the submission", formed(REQUIRED_LINE))
      .option("--created <ticket>", "a create: this ticket exists, by its id", ticketId)
      .option("--number <n>", "number of the ticket that exists", formed(TICKET_NUMBER))
      .option("--not-created", "a create: there is no ticket")
      .option("--applied", "an update: the ticket has the status")
      .option(
        "--accepted-since <update>",
        "id of an update accepted since, with --applied",
        formed(REQUIRED_LINE),
      )
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
      const request = {
        submissionId,
        verdict,
        ticketId: options.created ?? null,
        ticketNumber: options.number ?? null,
        acceptedSince: options.acceptedSince ?? null,
        note: options.note,
        by: COMMAND_LINE,
        byPerson: options.by,
        replacesEarlier,
        isDryRun: options.dryRun === true,
      };
      return change((ledger) => resolving(ledger)(request));
    },
  );
}

export const resolve = createVerdictCommand("resolve", false, "Closes a doubt with a verdict.");
export const correct = createVerdictCommand(
  "correct",
  true,
  "Replaces the verdict of an earlier resolution.",
);

/** Reads a ticket's id. The ids in Sociomile's document are 24 hexadecimal digits. People see numbers, trace ids and submissions beside them. */
function ticketId(text: string): string {
  const id = formed(TICKET_ID)(text);
  if (/^(?![0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$)[0-9a-z_-]{20,}$/.test(id)) return id;
  const example = "such as 690d950c5f287ad0ff3bd9d5, in small letters, and its number apart";
  throw new UsageError(`Give the ticket's id, ${example}.`, { rule: "NOT_AN_ID" });
}
