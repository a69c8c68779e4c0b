/**
 * `npm run forget-ticket -- ID`: deletes the personal data of a ticket, for example at the customer's request. Its submissions
 * stay until their retention ends. They hold no personal data, and without them a repeated key would send again.
 */
import { LedgerRefused, LedgerUnusable, ledgerOf } from "./app.ts";
import { UnusableSettings, readConfig } from "./config/config.ts";
import { endOnCrash } from "./crash.ts";

const EX_USAGE = 64; // sysexits.h
const EX_UNAVAILABLE = 69;
const EX_CONFIG = 78;

endOnCrash();

const [id, ...rest] = process.argv.slice(2);
if (id === undefined || rest.length > 0) {
  console.error("Usage: npm run forget-ticket -- TICKET_ID");
  process.exitCode = EX_USAGE;
} else {
  try {
    await using ledger = await ledgerOf(readConfig(), () => {});
    console.log(
      (await ledger.forgetTicket(id)) ? "The ticket is forgotten." : "Nothing was known about this ticket.",
    );
  } catch (error) {
    const isRefused = error instanceof UnusableSettings || error instanceof LedgerRefused;
    if (!isRefused && !(error instanceof LedgerUnusable)) throw error;
    console.error(error.message);
    process.exitCode = isRefused ? EX_CONFIG : EX_UNAVAILABLE;
  }
}
