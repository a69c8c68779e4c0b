import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { namedValues } from "./table.ts";

export const migrate = createCommand(
  form(
    "migrate",
    "Makes the ledger, or brings it to the form of this version, beside running replicas.",
  ).option("--plan", "only list the steps, and the oldest versions that may use the ledger after each"),
  ({ plan = false }) =>
    async ({ ledger }) => {
      const migrations = await ledger.plan();
      if (!plan) await ledger.migrate();
      const steps = migrations.map(({ name, version, writableFrom, readableFrom }) => {
        return [name, `of version ${version}, writable from ${writableFrom}, readable from ${readableFrom}`];
      });
      const text = `${plan ? "To do" : "Done"}:\n${namedValues(Object.fromEntries(steps))}`;
      return {
        text: steps.length > 0 ? text : "There is nothing to do.",
        data: { isPlan: plan, migrations },
      };
    },
);
