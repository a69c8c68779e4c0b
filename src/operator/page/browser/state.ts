import type { Problem } from "../../../errors.ts";
import type { ReasonCount } from "../../../tickets/ports.ts";
import type { Resolution, Submission as Stored, Verdict } from "../../../tickets/submission.ts";
import type { Asked } from "../server.ts";
import { word } from "./words.ts";

/** Values with their times as text. */
type Shown<Values> = {
  [Name in keyof Values]: Temporal.Instant extends Values[Name] ? string : Values[Name];
};
export type Submission = Shown<Stored> & { resolutions?: Shown<Resolution>[] };

/** Answer to a command. `refusal` is the sentence of the command line; none: it was done. */
export interface Answer {
  refusal?: string;
  problems?: Problem[];
  page?: { by: string; isReadOnly: boolean; zone: string; now: string };
  submission?: Submission | null;
  submissions?: Submission[];
  next?: string | null;
  counts?: ReasonCount[];
  text?: string;
}

export const VIEWS = ["doubts", "queue", "expired", "list"] as const;
/** Parts of the place that are options of the commands. */
const OPTIONS = ["state", "reason", "branch", "client", "since", "until", "after"];
const PAGE_SIZE = "100";
/** Longest wait for an answer, in milliseconds. */
const WAIT_MS = 10_000;

export const state = {
  place: placeNow(),
  /** Last answers about the list, the submission and the doubts. */
  list: {} as Answer,
  shown: {} as Answer,
  counts: {} as Answer,
  oldest: {} as Answer,
  /** Number of doubts since the operator last touched the page. */
  fresh: 0,
  /** Time of the service minus that of the browser, in milliseconds. */
  aheadMs: 0,
  /** Sentence about a lost connection. */
  lost: "",
  chosen: [] as string[],
  /** Results of the last actions, by the id of their submission. */
  said: {} as Record<string, string>,
};
let draw = () => {};
let touchedAt = "";
let looks = 0;

/** Sets the function that draws the page after each change. */
export function drawWith(drawing: () => void): void {
  draw = drawing;
}

export function update(changes: Partial<typeof state>): void {
  Object.assign(state, changes);
  draw();
}

/** Reads the operator's place in the page from the address: a view, filters, and a submission. */
function placeNow(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Returns the address of a place that differs from the present one. */
export function hrefOf(changes: Record<string, string>): string {
  const place = Object.entries({ ...state.place, ...changes }).filter(([, value]) => value !== "");
  return `#${new URLSearchParams(place).toString()}`;
}

/** Goes to the place in the address. */
export async function arrive(): Promise<void> {
  update({ place: placeNow(), shown: {}, chosen: [], said: {} });
  await look();
}

/** Seconds since a time of the service. */
export function secondsSince(at: string): number {
  return Math.max(0, (Date.now() + state.aheadMs - Date.parse(at)) / 1000);
}

/** Begins to count new doubts again. */
export function touch(): void {
  touchedAt = new Date(Date.now() + state.aheadMs).toISOString();
  if (state.fresh > 0) update({ fresh: 0 });
}

/** Runs a command of the command line. Rejects when the answer is lost: nobody knows whether it was done. */
export async function run(command: string, options: Asked["options"] = {}, more: Partial<Asked> = {}) {
  const response = await fetch("api", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...more, command, options }),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const answer = (await response.json()) as Answer;
  if (response.ok) return answer;
  throw new Error(answer.refusal, { cause: response.status });
}

/** Returns the command and the options of the list at the place. */
export function listed(): [command: string, options: NonNullable<Asked["options"]>] {
  const { view = "doubts", type = "helpdesk-number", number, ...place } = state.place;
  const given = OPTIONS.map((name) => [name, place[name]]).filter(
    ([name, value]) => value && (name !== "state" || view === "list"),
  );
  const options = {
    ...(Object.fromEntries(given) as object),
    ...(number && { [type]: number }),
    oldest: true,
  };
  return view === "expired" ? ["list", { ...options, reason: "DELIVERY_EXPIRED" }] : [view, options];
}

export function totalOf({ counts = [] }: Answer): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** Reads everything that is shown. A later look makes the answers to an earlier one void. */
export async function look(): Promise<void> {
  const mine = ++looks;
  const { id } = state.place;
  const [command, options] = listed();
  try {
    const [counts, oldest, fresh, main] = await Promise.all([
      run("doubts", { counts: true }),
      run("doubts", { oldest: true, first: "1" }),
      run("doubts", { counts: true, since: touchedAt || "1min" }),
      id ? run("show", {}, { id }) : run(command, { ...options, first: PAGE_SIZE }),
    ]);
    if (mine !== looks) return;
    const { now } = counts.page!;
    const aheadMs = Date.parse(now) - Date.now();
    if (id && changed(state.shown.submission, main.submission))
      update({ said: { [id]: fasterThan(main.submission) } });
    update({
      [id ? "shown" : "list"]: main,
      counts,
      oldest,
      aheadMs,
      lost: "",
      fresh: touchedAt ? totalOf(fresh) : 0,
    });
    touchedAt ||= now;
  } catch (error) {
    if (mine === looks) update({ lost: (error as Error).cause === 403 ? "closed" : "lost" });
  }
}

/** Returns the sentences of a refusal, each under the option to which it belongs; under "" those that belong to none. */
export function mistakesIn({ refusal = "", problems = [] }: Answer): Partial<Record<string, string>> {
  const [, option = "", sentence = refusal] = /^--([a-z-]+):? (.*)/.exec(refusal) ?? [];
  const isTicket = problems.some(({ field }) => field === "ticketId");
  return refusal === "" ? {} : { [isTicket ? "created" : option]: sentence };
}

/** True when a submission was changed since an earlier look. */
function changed(before: Answer["submission"], after: Answer["submission"]): boolean {
  return before?.id === after?.id && before?.settledAt !== after?.settledAt;
}

/** Says that a colleague, or a late answer of Sociomile, was faster. */
function fasterThan(submission: Answer["submission"]): string {
  const [newest] = submission?.resolutions ?? [];
  const verdict = newest && `${newest.resolvedByPerson ?? newest.resolvedBy}: ${verdictWord(newest.verdict)}`;
  return word("faster", verdict ?? word(submission?.state ?? ""));
}

export function verdictWord(verdict: Verdict): string {
  return word(verdict.toLowerCase().replace("_", "-"));
}

/** Does the same with submissions, each once, one after the other. It ends where an answer is lost: that one is not repeated either. */
export async function act(
  action: string,
  commandFor: (row: Submission) => Asked,
  rows: readonly Submission[],
): Promise<void> {
  const said: Record<string, string> = {};
  let isLost = false;
  for (const row of rows) {
    const { command, options } = commandFor(row);
    said[row.id] = isLost
      ? word("unsent")
      : await run(command, options, { id: row.id, ...(row.settledAt && { seen: row.settledAt }) })
          .then(async ({ refusal, problems = [], page }) => {
            if (problems.some(({ code }) => code === "SUBMISSION_NOT_IN_DOUBT"))
              return fasterThan((await run("show", {}, { id: row.id })).submission);
            return refusal || word("done", word(action), page!.by);
          })
          .catch(() => ((isLost = true), word("unknown")));
  }
  await look();
  update({ said, chosen: [] });
}
