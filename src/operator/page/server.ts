/** The page for operators: an API that runs commands, and the command that serves it. */
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Problem, problem } from "../../errors.ts";
import { BY, createPattern, form } from "../arguments.ts";
import { LEDGER_ERRORS, type Run, createCommand, createRun, prepareIn } from "../command.ts";
import { timeOf } from "../printable.ts";
import { type Answered, createPrivatePage, serveUntilEnd } from "../private-page.ts";

/** Folder of the page, which Vite builds beside the bundles. */
const FOLDER = join(import.meta.dirname, "../page");
/** Commands that the page may run. */
const READING = new Set(["list", "doubts", "queue", "counts", "show"]);
const CHANGING = new Set(["resolve", "correct", "cancel", "retry"]);
const DEFAULT_PORT = "4003";

/** A command as the page asks for it. `seen`: version of the submission that its operator saw (`versionOf`), so that nothing is done twice. */
export interface Asked {
  command: string;
  id?: string;
  options?: Record<string, string | true>;
  seen?: string;
}

/** Returns the handler of the page's requests. `by`: person who is recorded with every action. `own`: see `createPrivatePage`. */
export function createOperatorPage(
  { config, observe }: Run,
  line: CommandUnknownOpts,
  { by, isReadOnly, own }: { by: string; isReadOnly: boolean; own: URL | null },
): RequestListener {
  return createPrivatePage({ own, folder: FOLDER, api });

  /** Answers commands together, on a ledger that is opened once. */
  async function api(body: unknown): Promise<Answered> {
    if (!Array.isArray(body) || !body.every(isAsked)) return [400, {}];
    if (!body.every(mayRun)) return [403, {}];
    await using opened = createRun(config, observe);
    const answered = await Promise.all(body.map((asked) => run(asked, opened)));
    return answered.find(([status]) => status !== 200) ?? [200, answered.map(([, answer]) => answer)];
  }

  function mayRun({ command, options = {} }: Asked): boolean {
    const isAllowed = READING.has(command) || (CHANGING.has(command) && !isReadOnly);
    return isAllowed && Object.keys(options).every((option) => hasOption(command, option));
  }

  function hasOption(command: string, option: string): boolean {
    const declared = line.commands.find((one) => one.name() === command)!.options;
    return declared.some(({ long }) => long === `--${option}`);
  }

  async function run({ command: name, id = "", options = {}, seen }: Asked, opened: Run): Promise<Answered> {
    const { SOCIOMILE_TIME_ZONE: zone, SOCIOMILE_TICKET_URL: ticketUrl } = config;
    const page = { by, isReadOnly, zone, ticketUrl, now: timeOf(Temporal.Now.instant()) };
    try {
      const signed = Object.entries<string | true>({ ...options, ...(hasOption(name, "by") && { by }) });
      const args = signed.map(([option, value]) => `--${option}${value === true ? "" : `=${value}`}`);
      const { work } = prepareIn(line, [name, ...args, ...(id === "" ? [] : ["--", id])]);
      const { data } = await work({ ...opened, seen, hidesCustomer: true });
      return [200, { problems: [], ...data, page }];
    } catch (error) {
      if (error instanceof CommanderError) {
        const known = { ...(error.cause as Partial<Problem>), message: error.message };
        return [200, { problems: [problem("INVALID_INPUT", known)], page }];
      }
      // A change may have been made all the same.
      if (LEDGER_ERRORS.some((reason) => error instanceof reason)) return [503, {}];
      throw error;
    }
  }
}

function isAsked(item: unknown): item is Asked {
  const { command, id = "", options = {}, seen = "" } = Object(item) as Partial<Asked>;
  if ([command, id, seen].some((value) => typeof value !== "string")) return false;
  const values: unknown[] = Object.values(options ?? { null: null });
  return values.every((value) => typeof value === "string" || value === true);
}

export const page = createCommand(
  form("page", "Serves a page for operators on this machine alone, until the command ends.")
    .requiredOption(...BY)
    .option(
      "--port <port>",
      `its port; else ${DEFAULT_PORT}`,
      createPattern(/^\d{1,5}$/, "the number of a port"),
    )
    .option("--read-only", "show no actions"),
  ({ by, port = DEFAULT_PORT, readOnly: isReadOnly = false }, _, line) =>
    async (opened) => {
      {
        await using trial = createRun(opened.config, opened.observe);
        await trial.openLedger(); // refuses here what every request would be refused
      }
      await serveUntilEnd((own) => createOperatorPage(opened, line, { by, isReadOnly, own }), Number(port));
      return { text: "The page is closed.", data: {} };
    },
);
