import { VERSION } from "../src/version.ts";
import { form } from "./arguments.ts";
import { cancel, resolve, retry } from "./changes.ts";
import { check, migrate, rekey } from "./check.ts";
import { exportLedger, importLedger } from "./copies.ts";
import { customer, forget } from "./customer.ts";
import { list } from "./list.ts";
import { rehearse } from "./rehearse.ts";
import { retention } from "./retention.ts";
import { actions, answers, show } from "./show.ts";
import { verify } from "./verify.ts";

/** Commands by the headings of the help. */
const COMMANDS = {
  Submissions: [list, show, resolve, retry, cancel, answers],
  "Tickets and customers": [forget, customer, actions],
  "The service": [check, rehearse, verify, retention, migrate, rekey],
  "Copies of the ledger": [exportLedger, importLedger],
};

/** The command line of operators. */
export const operator = form("operator", "Works on the ledger, beside the service and on its settings.")
  .version(VERSION, "--version", "print the version")
  .helpCommand("help [command]", "Shows the arguments of a command.")
  .addHelpText("after", "\nExit codes: 0 done, 1 refused, 64 wrong arguments, 78 settings or ledger.");
for (const [heading, commands] of Object.entries(COMMANDS))
  for (const command of commands) operator.addCommand(command.helpGroup(`${heading}:`));
