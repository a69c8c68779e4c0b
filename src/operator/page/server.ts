/** The page for operators: an API that runs commands. */
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { LRUCache } from "lru-cache";
import { type Problem, problem } from "../../errors.ts";
import { LEDGER_ERRORS, type Opened, prepareIn } from "../command.ts";
import { timeOf } from "../printable.ts";
import { type Answered, createPrivatePage } from "../private-page.ts";
import { ledgerAsSeen } from "../seen.ts";

/** Folder of the page, which Vite builds beside the bundles. */
const FOLDER = join(import.meta.dirname, "../page");
/** Commands that the page may run. */
const READING = new Set(["list", "doubts", "queue", "counts", "show", "verdicts"]);
const CHANGING = new Set(["resolve", "correct", "cancel", "retry"]);
/** Number of actions whose answers are remembered. */
const MAX_ANSWERS = 1000;

interface PageOptions {
  /** Person who is recorded with every action. */
  by: string;
  isReadOnly: boolean;
  /** Address that opens the page once, with a token. Null: a development service shows it. */
  own: URL | null;
}

/** A command as the page asks for it. `seen`: what its operator saw of the submission (`seenOf`). `action`: unique id of what is done once. */
export interface Asked {
  command: string;
  id?: string;
  options?: Record<string, string | true>;
  seen?: string;
  action?: string;
}

/** Returns the handler of the page's requests. */
export function pageFor(
  opened: Opened,
  line: CommandUnknownOpts,
  { by, isReadOnly, own }: PageOptions,
): RequestListener {
  const answers = new LRUCache<string, Promise<Answered>>({ max: MAX_ANSWERS });
  return createPrivatePage({ own, folder: FOLDER, api });

  /** An action that comes again, as browsers send it when its answer is lost, gets the answer to the first one. */
  async function api(asked: unknown): Promise<Answered> {
    if (!isAsked(asked)) return [400, {}];
    const answered = answers.get(asked.action ?? "") ?? run(asked);
    if (asked.action) answers.set(asked.action, answered);
    return answered;
  }

  async function run({ command: name, id = "", options = {}, seen }: Asked): Promise<Answered> {
    const isAllowed = READING.has(name) || (CHANGING.has(name) && !isReadOnly);
    const { options: declared = [] } = line.commands.find((form) => isAllowed && form.name() === name) ?? {};
    const takes = (option: string) => declared.some(({ long }) => long === `--${option}`);
    if (!isAllowed || !Object.keys(options).every(takes)) return [403, {}];
    const { SOCIOMILE_TIME_ZONE: zone, SOCIOMILE_TICKET_URL: ticketUrl } = opened.config;
    const page = { by, isReadOnly, zone, ticketUrl, now: timeOf(Temporal.Now.instant()) };
    try {
      const signed = { ...options, ...(takes("by") && { by }) };
      const args = Object.entries<string | true>(signed).map(([option, value]) =>
        value === true ? `--${option}` : `--${option}=${value}`,
      );
      const { work } = prepareIn(line, [name, ...args, ...(id === "" ? [] : ["--", id])]);
      const { data } = await work({ ...opened, ledger: ledgerAsSeen(opened.ledger, seen) });
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

function isAsked(body: unknown): body is Asked {
  const { command, id = "", options = {}, seen = "", action = "" } = Object(body) as Partial<Asked>;
  if ([command, id, seen, action].some((value) => typeof value !== "string")) return false;
  const values: unknown[] = Object.values(options ?? { null: null });
  return values.every((value) => typeof value === "string" || value === true);
}
