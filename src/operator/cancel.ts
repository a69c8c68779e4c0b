import { REQUIRED_CLEAR_LINE, REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import { cancelling } from "../tickets/cancel.ts";
import { LedgerUnavailable } from "../tickets/ports.ts";
import { COMMAND_LINE, type Command } from "./command.ts";
import { shownSubmission, submissionText } from "./submissions.ts";

/** Takes a queued submission back. */
export const cancel: Command = {
  argument: "ID",
  options: { by: "text" },
  usage: ["cancel ID --by NAME"],
  meaning: "Takes a submission back that waits for delivery. Its key may be used again.",
  prepare(given) {
    const id = given.argument(REQUIRED_LINE);
    const byPerson = given.required("by", REQUIRED_CLEAR_LINE);
    return async ({ config, ledger: { open } }) => {
      await using ledger = await open();
      const { submission, problems } = await cancelling(ledger)(id, { by: COMMAND_LINE, byPerson });
      if (problems.some(({ code }) => code === "LEDGER_UNAVAILABLE"))
        throw new LedgerUnavailable(
          "The ledger did not answer in time. Look with `show` before you repeat the command",
        );
      return {
        text: submission ? submissionText(submission, config.SOCIOMILE_TIME_ZONE) : "",
        data: { submission: submission && shownSubmission(submission), problems },
        ...(problems.length > 0 && { refusal: problems.map(({ message }) => message).join(" ") }),
      };
    };
  },
};
