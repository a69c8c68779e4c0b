import { REQUIRED_LINE } from "../tickets/fields/field-types.ts";
import type { Command } from "./command.ts";
import { resolutionsText, shownResolution, shownSubmission, submissionText } from "./submissions.ts";

/** Shows one submission with its resolutions. */
export const show: Command = {
  argument: "ID",
  options: {},
  usage: ["show ID"],
  meaning: "Shows a submission and its resolutions.",
  prepare(given) {
    const id = given.argument(REQUIRED_LINE);
    return async ({ config, ledger: { open } }) => {
      await using ledger = await open();
      const submission = await ledger.find(id);
      if (!submission) return { text: "", data: { submission: null }, refusal: "No submission has this id." };
      const [resolutions = []] = await ledger.resolutions([submission.id]);
      const parts = [submissionText(submission, config.SOCIOMILE_TIME_ZONE)];
      if (resolutions.length > 0) parts.push(resolutionsText(resolutions));
      return {
        text: parts.join("\n\n"),
        data: {
          submission: { ...shownSubmission(submission), resolutions: resolutions.map(shownResolution) },
        },
      };
    };
  },
};
