import { VERSION } from "../version.ts";
import { form } from "./arguments.ts";
import { batch, cancel, correct, resolve, restoreCheck, retry } from "./changes.ts";
import { check, migrate, rekey } from "./check.ts";
import { completion } from "./completion.ts";
import { exportLedger, importLedger } from "./copies.ts";
import { customer, forget } from "./customer.ts";
import { actions, answers, find, show } from "./find.ts";
import { verify } from "./inspect.ts";
import { counts, doubts, list, queue } from "./list.ts";
import { rehearse } from "./rehearse.ts";
import { retention } from "./retention.ts";

/** Commands by the headings of the help. */
const COMMANDS = {
  Submissions: [list, doubts, queue, answers, counts, show, resolve, correct, batch, retry, cancel],
  "Tickets and customers": [find, forget, customer, actions],
  "The service": [check, rehearse, verify, retention, restoreCheck, migrate, rekey, completion],
  "Copies of the ledger": [exportLedger, importLedger],
};

/** The command line of operators. */
export const operator = form("operator", "Works on the ledger, beside the service and on its settings.")
  .version(VERSION, "--version", "print the version")
  .helpCommand("help [command]", "Shows the arguments of a command.")
  .addHelpText("after", "\nExit codes: 0 done, 1 refused, 64 wrong arguments, 78 settings or ledger.");
for (const [heading, commands] of Object.entries(COMMANDS))
  for (const command of commands) operator.addCommand(command.helpGroup(`${heading}:`));
