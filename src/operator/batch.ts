import { readFileSync } from "node:fs";
import { REQUIRED_CLEAR_LINE } from "../tickets/fields/field-types.ts";
import { argumentsIn, UsageError } from "./arguments.ts";
import type { Command } from "./command.ts";

/** Runs many commands, such as verdicts. Every line is read before the first one runs. */
export const batch: Command = {
  usage: ["batch [--note TEXT] [--by NAME] [--dry-run]"],
  meaning: "Runs the commands on standard input, one a line, each with the given options.",
  prepare(given, find) {
    const options = ["note", "by"].flatMap((name) => {
      const value = given.text(name, REQUIRED_CLEAR_LINE);
      return value === null ? [] : [`--${name}=${value}`];
    });
    if (given.has("dry-run")) options.push("--dry-run");
    const lines = readFileSync(process.stdin.fd, "utf8").trim().split("\n");
    const works = lines.map((line, nth) => {
      const words = line.matchAll(/"([^"]*)"|\S+/g);
      const [name = "", ...args] = Array.from(words, ([word, quoted]) => quoted ?? word);
      try {
        const command = find(name);
        if (!command) throw new UsageError("There is no such command.");
        return command.prepare(argumentsIn(command.usage, [...args, ...options]), find);
      } catch (error) {
        throw error instanceof UsageError ? new UsageError(`Line ${nth + 1}: ${error.message}`) : error;
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
};
