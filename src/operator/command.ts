/** The parts of a command, and the work that commands share. commands.ts lists them, and main.ts runs one. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import type { CommandUnknownOpts, Command as Form, OptionValues } from "@commander-js/extra-typings";
import { type Config, ledgerSettingsOf } from "../config/config.ts";
import { LEDGER_KEY_BYTES } from "../config/setting-types.ts";
import { MADE_LEDGER_KEY, keyIn } from "../config/made-key.ts";
import { type Problem, type ProblemCode, problem } from "../errors.ts";
import { LedgerRefused } from "../ledger/database/unusable.ts";
import type { SqlLedger } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/open.ts";
import { createLogTo } from "../telemetry/log.ts";
import type { QueuedResult } from "../tickets/decide-queued.ts";
import { LedgerUnavailable, type Operator } from "../tickets/ports.ts";
import type { ResolveResult } from "../tickets/resolve.ts";
import { isResolved } from "../tickets/submission.ts";
import { UsageError, makeStrict } from "./arguments.ts";
import { durationOf } from "./printable.ts";
import { factsText, shownSubmission } from "./output.ts";

/** Client id under which the ledger keeps decisions of the command line. No token can have it, because of the blank. */
export const COMMAND_LINE = "command line";

/** Errors of a ledger that does not answer. Their messages have no value of a setting. */
export const LEDGER_ERRORS = [LedgerRefused, LedgerUnavailable];

/** The line that was read last. Lines are read at once, so that no other one comes between. */
let prepared: { work: Work; isJson: boolean };

/** Makes a command. `prepare` gets its options and arguments before anything is opened, and the command line, to read others. Throws UsageError. */
export function createCommand<Given extends unknown[], Options extends OptionValues>(
  form: Form<Given, Options>,
  prepare: (options: Options, given: Given, line: CommandUnknownOpts) => Work,
): CommandUnknownOpts {
  makeStrict(form.option("--json", "write JSON for programs"));
  return form.action(() => {
    const isJson = Boolean(form.getOptionValue("json")); // a line that the command reads may be the same command
    prepared = { isJson, work: prepare(form.opts(), form.processedArgs, form.parent!) };
  });
}

/** Reads the words of a line. Throws CommanderError for those that are not declared, and with the exit code 0 when they asked for help. */
export function prepareIn(line: CommandUnknownOpts, words: readonly string[]): typeof prepared {
  if (words.length === 0) throw new UsageError("A command is missing.");
  line.parse(words, { from: "user" });
  return prepared;
}

export type Work = (run: Run) => Promise<Report>;

/** Configuration and ledger of the commands that run together, such as those of a batch. */
export type Run = ReturnType<typeof createRun>;

/** Stands for a key that development has not made yet. */
const OPENS_NOTHING = new Uint8Array(LEDGER_KEY_BYTES);

/** Composes the ledger alone: app.ts would load the whole service, which takes several times as much CPU as a command. Events go to standard error. */
export function createRun(config: Config, observe = createLogTo(process.stderr, config.LOG_LEVEL)) {
  const { DATABASE_URL: url, LEDGER_KEY: given } = config;
  const keys = given ?? [existsSync(MADE_LEDGER_KEY) ? keyIn(MADE_LEDGER_KEY) : OPENS_NOTHING];
  const address = { url, keys };
  const settings = { ...ledgerSettingsOf(config), retention: null }; // the services delete what is old
  let opened: Promise<SqlLedger> | undefined;
  return {
    config,
    address,
    /** Returns the address of a ledger that is made, and in development makes its key. */
    makeAddress: () => ({ url, keys: given ?? [keyIn(MADE_LEDGER_KEY)] }),
    observe,
    /** Opens the ledger, once for all commands. It makes no key, file or table. */
    openLedger: () => (opened ??= openLedger(address, settings, observe)),
    async [Symbol.asyncDispose]() {
      const ledger = await opened?.catch(() => null);
      await ledger?.close();
    },
  };
}

export interface Report {
  /** For people. */
  text: string;
  /** For programs. */
  data: object;
  /** Reason for which the command was refused. Empty: it was not. */
  refusal?: string;
  /** Exit code of a command that was not refused. 0 by default. */
  exitCode?: number;
}

export function onLedger(work: (ledger: SqlLedger, run: Run) => Promise<Report>): Work {
  return async (run) => work(await run.openLedger(), run);
}

/** Next step after a refusal, in the words of the command line. */
const ADVICE: Partial<Record<ProblemCode, string>> = {
  SUBMISSION_NOT_IN_DOUBT:
    "The command `correct` replaces the verdict of an operator, --not-created only until the key is used again.",
};

/** Changes a submission for this person, and reports it. Rejects with LedgerUnavailable when nobody knows the result. */
export function change(
  byPerson: string | null,
  make: (ledger: SqlLedger, operator: Operator) => Promise<QueuedResult & Partial<ResolveResult>>,
): Work {
  return onLedger(async (ledger, { config }) => {
    const { submission, problems, ...more } = await make(ledger, { by: COMMAND_LINE, byPerson });
    if (problems.some(({ code }) => code === "LEDGER_UNAVAILABLE")) {
      const fault = `The ledger failed (${more.ledgerFault}). \`check\` may tell why.`;
      throw new LedgerUnavailable("SLOW", `${fault} Look with \`show\` before you repeat the command.`);
    }
    const isLate = submission && problems.some(({ code }) => /_(?:NOT_IN_DOUBT|CHANGED)$/.test(code));
    const [actions = []] = isLate && isResolved(submission) ? await ledger.actionsOf([submission.id]) : [];
    const newest = actions.find(({ verdict }) => verdict !== null);
    const faster = newest && `${newest.person ?? newest.client} has decided: ${newest.verdict}.`;
    const shown = submission && shownSubmission(submission);
    return {
      text: shown ? factsText(shown, config.SOCIOMILE_TIME_ZONE) : "",
      data: { submission: shown, problems, ...more },
      refusal: [faster, ...problems.map(reasonOf)].filter(Boolean).join(" "),
    };
  });
}

/** Reports that nothing was done, with its problem. */
export function refuse(code: ProblemCode, refusal: string, data: object): Report {
  return { text: "", data: { ...data, problems: [problem(code, { message: refusal })] }, refusal };
}

function reasonOf({ code, message, retryAfterSeconds: seconds }: Problem): string {
  const wait = seconds !== null && `Repeat the command in ${durationOf(seconds, Math.ceil)}.`;
  return [message, ADVICE[code], wait].filter(Boolean).join(" ");
}

/** Asks a person at a terminal. False: nobody is there, or typed anything but yes. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  using asking = createInterface({ input: process.stdin, output: process.stderr });
  const typed = asking.question(`${question} Type yes: `);
  return (await typed.catch(() => "")).trim() === "yes"; // Ctrl-C is a no
}
