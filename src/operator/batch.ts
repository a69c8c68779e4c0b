import { readFileSync } from "node:fs";
import { CommanderError } from "@commander-js/extra-typings";
import { BY, UsageError, clearLine, form } from "./arguments.ts";
import { createCommand, prepareIn } from "./command.ts";

/** Runs many commands, such as verdicts. Every line is read before the first one runs. */
export const batch = createCommand(
  form("batch", "Runs the commands on standard input, one a line, each with the given options.")
    .option("--note <text>", "note of each verdict", clearLine)
    .option(...BY)
    .option("--dry-run", "change nothing, and show what the ledger says"),
  ({ note, by, dryRun }, _, commandLine) => {
    const options = [note && `--note=${note}`, by && `--by=${by}`, dryRun && "--dry-run"].filter(
      (one) => typeof one === "string",
    );
    const lines = readFileSync(process.stdin.fd, "utf8").trim().split("\n");
    const works = lines.map((line, nth) => {
      const words = Array.from(line.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word);
      try {
        return prepareIn(commandLine, [...words, ...options]).work;
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        throw new UsageError(`Line ${nth + 1}: ${error.message}`);
      }
    });
    return async (opened) => {
      const reports = [];
      for (const work of works) reports.push(await work(opened));
      const refusals = reports.flatMap(({ refusal }, nth) =>
        refusal ? [`Line ${nth + 1}: ${refusal}`] : [],
      );
      return {
        text: reports.map(({ text }) => text).join("\n\n"),
        data: { results: reports.map(({ data }) => data) },
        refusal: refusals.join("\n"),
      };
    };
  },
);
