import type { Command } from "./command.ts";
import { namedValues } from "./table.ts";

export const migrate: Command = {
  usage: ["migrate [--plan]"],
  meaning:
    "Makes the ledger, or brings it to the form of this version, beside running replicas. --plan only lists the steps, and the oldest versions that may use the ledger after each.",
  prepare(given) {
    const isPlan = given.has("plan");
    return async ({ ledger }) => {
      const migrations = await ledger.plan();
      if (!isPlan) await ledger.migrate();
      const steps = migrations.map(({ name, version, writableFrom, readableFrom }) => {
        return [name, `of version ${version}, writable from ${writableFrom}, readable from ${readableFrom}`];
      });
      const text = `${isPlan ? "To do" : "Done"}:\n${namedValues(Object.fromEntries(steps))}`;
      return { text: steps.length > 0 ? text : "There is nothing to do.", data: { isPlan, migrations } };
    };
  },
};
