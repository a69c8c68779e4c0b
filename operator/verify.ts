/** Looks into a ledger, or a restored backup of one. */
import type { Config } from "../src/config/config.ts";
import { inspectLedger } from "./ledger/contents.ts";
import { form } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { ageOf, textOf } from "./output.ts";

export const verify = createCommand(
  form("verify", "Reads a whole ledger, such as a restored backup, and counts what cannot be read."),
  () =>
    async ({ addressOf, config }) => {
      const { times, ...contents } = await inspectLedger(addressOf());
      const { newestCreated = null, newestSettled = null, ...found } = times ?? {};
      const oldest = Object.entries(found).map(([kind, at]) => ({ kind, oldest: at, limit: limitOf(kind, config) }));
      const data = { ...contents, newestCreated, newestSettled, oldest };
      const aged = oldest.map((row) => ({ ...row, age: row.oldest && ageOf(row.oldest) }));
      const unread = contents.unreadable.map(
        ({ kind, count, ids }) => `${count} of ${kind} cannot be read, such as those of ${ids.join(", ")}.`,
      );
      const damage = contents.damage.slice(0, 1).map((fault) => `The database is damaged: ${fault}`);
      return { data, text: textOf({ ...data, oldest: aged }), refusal: [...damage, ...unread].join(" ") };
    },
);

/** Limit of the age of rows of a kind. */
function limitOf(kind: string, config: Config): string {
  const { SUBMISSION_RETENTION_DAYS: days, TICKET_RETENTION_DAYS: ticketDays, DELIVERY_HOURS: hours } = config;
  const limits: Record<string, string> = { ended: `${days} d`, queued: `${hours} h`, doubts: "none" };
  return limits[kind] ?? `${ticketDays} d`;
}
