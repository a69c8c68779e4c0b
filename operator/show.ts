/** Commands that show what the ledger has of a submission, of Sociomile's answers and of what operators did. */
import type { Config } from "../src/config/config.ts";
import type { Action, Submission, VendorAnswer } from "../src/tickets/submission.ts";
import type { Instant } from "../src/tickets/ticket.ts";
import { checkSpan, form, line, time } from "./arguments.ts";
import { COMMAND_LINE, createCommand, onLedger, operatorNamed } from "./command.ts";
import { nextTryOf, shownSubmission } from "./list.ts";
import { ageOf, table, textOf } from "./output.ts";
import { answersIn } from "./ledger/sealed.ts";

export const show = createCommand(
  form("show", "Shows a submission, what was submitted, Sociomile's words about it, and what operators did.").argument(
    "<id>",
    "id of the submission",
    line,
  ),
  (_, [id]) =>
    onLedger(async (ledger, { config }) => {
      const submission = await ledger.find(id);
      if (!submission) return { data: { submission }, refusal: "No submission has this id." };
      const [actions = []] = await ledger.actionsOf([id]);
      const [answer = null] = await ledger.answers([id]);
      const [submitted = null] = await ledger.submittedBy([id]);
      if (submitted) await ledger.keepReading("SHOW", operatorNamed(null), [id]);
      const shown = { ...shownSubmission(submission), ...shownAnswer(answer) };
      return {
        text: factsOf({ ...shown, submitted, actions: actions.map(actionRow) }, config),
        data: { submission: { ...shown, submitted, actions } },
      };
    }),
);

/** Returns Sociomile's words in the last answer, in fields beside those of the submission. Null: nothing is known. */
export function shownAnswer(answer: VendorAnswer | null) {
  const { status = null, contentType = null, message = null } = answer ?? {};
  return { answerStatus: status, answerContentType: contentType, answerMessage: message };
}

/** Writes a submission for people: times on Sociomile's clock, which its screens show, and in UTC. */
export function factsOf(
  shown: Omit<Submission, "maskedTicketId"> & Record<string, unknown>,
  { SOCIOMILE_TIME_ZONE: zone }: Config,
): string {
  const timeText = (instant: Instant) => {
    const at = new Date(instant.epochMilliseconds);
    const age = at.getTime() < Date.now() ? `, ${ageOf(instant)} ago` : "";
    return `${clockIn(zone, at)} · ${clockIn("UTC", at)}${age}`;
  };
  return textOf({ ...shown, nextTryAt: shown.nextTryAt ?? nextTryOf(shown), version: null }, timeText);
}

/** Writes a time with its zone's short name, such as WITA. */
function clockIn(timeZone: string, at: Date): string {
  const [, name] = / (\S+)$/.exec(at.toLocaleTimeString("id", { timeZone, timeZoneName: "short" }))!;
  return `${at.toLocaleString("sv", { timeZone })} ${name}`;
}

/** Shows the vendor's sentences that were refusals or were not understood, so that unknown refusals can be made known. */
export const answers = createCommand(
  form("answers", "Groups Sociomile's words in refusals and in answers that were not understood."),
  () =>
    async ({ addressOf }) => {
      const { groups, unreadable } = await answersIn(addressOf());
      const none = "Sociomile has refused nothing, and was always understood.";
      return {
        text: table(groups, Infinity) || none,
        data: { answers: groups, unreadable },
        refusal: unreadable > 0 ? `${unreadable} answers cannot be read: look with \`verify\`.` : "",
      };
    },
);

/** Shows an action for people. The name of a person at the command line is what they typed. */
function actionRow({ at, kind, client, person, nth: _nth, ...more }: Action) {
  const said = client === COMMAND_LINE ? "typed" : client;
  return { at, kind, by: person === null ? client : `${person} (${said})`, ...more };
}

export const actions = createCommand(
  form("actions", "Lists what operators did, in a time or to one submission or ticket, the oldest first.")
    .argument("[id]", "id of the submission or ticket", line)
    .option("--from <time>", "from this time on", time)
    .option("--to <time>", "until before this time", time),
  ({ from = Temporal.Instant.fromEpochMilliseconds(0), to = Temporal.Now.instant() }, [id]) => {
    checkSpan(from, to, "--from --to");
    return onLedger(async (ledger) => {
      const done = await ledger.actions(from, to, id);
      return { text: table(done.map(actionRow)) || "There are no actions.", data: { actions: done } };
    });
  },
);
