import type { Problem } from "../../../errors.ts";
import type { ReasonCount } from "../../../tickets/ports.ts";
import type { Resolution, Submission as Stored } from "../../../tickets/submission.ts";
import type { Asked } from "../server.ts";
import { optionOf } from "../../words.ts";
import { word } from "./words.ts";

/** Values with their times as text. */
type Shown<Values> = {
  [Name in keyof Values]: Temporal.Instant extends Values[Name] ? string : Values[Name];
};
export type Submission = Shown<Stored> & { resolutions?: Shown<Resolution>[] };

/** Answer to a command. `refusal` is the sentence of the command line; empty: it was done. */
export interface Answer {
  refusal?: string;
  problems?: Problem[];
  page?: { by: string; isReadOnly: boolean; zone: string; now: string };
  submission?: Submission | null;
  submissions?: Submission[];
  next?: string | null;
  counts?: ReasonCount[];
  verdicts?: object[];
}

export type Options = NonNullable<Asked["options"]>;
/** Longest wait for an answer, in milliseconds. */
const WAIT_MS = 10_000;

export const state = {
  draw: () => {},
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
  /** Word for a lost connection. */
  lost: "",
  chosen: [] as string[],
  isActing: false,
  /** Results of the last actions, by the ids of their submissions. */
  said: {} as Record<string, string>,
};
let touchedAt = "";
let looks = 0;

/** Changes what the page shows, and draws it. */
export function update(changes: Partial<typeof state>): void {
  Object.assign(state, changes);
  state.draw();
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
export async function run(command: string, options: Options = {}, more: Partial<Asked> = {}) {
  const response = await fetch("api", {
    method: "POST",
    body: JSON.stringify({ ...more, command, options }),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  if (!response.ok) throw new Error("lost", { cause: response.status });
  return (await response.json()) as Answer;
}

/** Returns the command and the options of the list at the place, with a size of its pages. */
export function listed(first = "100"): [command: string, options: Options] {
  const { view = "doubts", type = "helpdesk-number", number, id: _, state: wanted, ...given } = state.place;
  const options = { ...given, ...(number && { [type]: number }), oldest: true, first };
  if (view === "expired") return ["list", { ...options, reason: "DELIVERY_EXPIRED" }];
  return [view, { ...options, ...(view === "list" && wanted && { state: wanted }) }];
}

export function totalOf({ counts = [] }: Answer): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** Reads everything that is shown. A later look makes the answers to an earlier one void. */
export async function look(): Promise<void> {
  const mine = ++looks;
  const { id } = state.place;
  try {
    const [counts, oldest, fresh, main] = await Promise.all([
      run("doubts", { counts: true }),
      run("doubts", { oldest: true, first: "1" }),
      run("doubts", { counts: true, since: touchedAt || "1min" }),
      id ? run("show", {}, { id }) : run(...listed()),
    ]);
    if (mine !== looks) return;
    const { now } = counts.page!;
    const before = state.shown.submission;
    const isChanged = id && before && before.settledAt !== main.submission?.settledAt;
    update({
      ...(isChanged && { said: { [id]: word("changed", lastOf(main)) } }),
      [id ? "shown" : "list"]: main,
      counts,
      oldest,
      lost: "",
      aheadMs: Date.parse(now) - Date.now(),
      fresh: touchedAt ? totalOf(fresh) : 0,
    });
    touchedAt ||= now;
  } catch (error) {
    if (mine === looks) update({ lost: (error as Error).cause === 403 ? "closed" : "lost" });
  }
}

/** Says who decided last about a submission, and what; without a verdict, its state. */
function lastOf({ submission }: Answer): string {
  const [newest] = submission?.resolutions ?? [];
  if (!newest) return word(submission?.state ?? "");
  return `${newest.resolvedByPerson ?? newest.resolvedBy}: ${word(optionOf(newest.verdict))}`;
}

/** Returns the sentence of a refusal under the option to which it belongs; under "" when it belongs to none. */
export function mistakesIn({ refusal = "", problems = [] }: Answer): Partial<Record<string, string>> {
  const [, option = "", sentence = refusal] = /^--([a-z-]+):? (.*)/.exec(refusal) ?? [];
  return { [problems.some(({ field }) => field === "ticketId") ? "created" : option]: sentence || undefined };
}

/** Does the same with submissions, one after the other. It ends where an answer is lost, and repeats nothing. */
export async function act(asked: (row: Submission) => Asked, rows: readonly Submission[]): Promise<void> {
  if (state.isActing) return;
  update({ isActing: true });
  const said: Record<string, string> = {};
  let isLost = false;
  for (const row of rows) {
    const lose = () => ((isLost = true), word("unknown"));
    said[row.id] = isLost ? word("unsent") : await actOn(row.id, asked(row)).catch(lose);
  }
  if (!isLost) state.shown = {}; // its change is not that of a colleague
  await look();
  update({ said, chosen: [], isActing: false });
}

/** Does something with a submission, and says what was done and by whom. */
async function actOn(id: string, { command, options, ...more }: Asked): Promise<string> {
  const { refusal, problems = [], page } = await run(command, options, more);
  const wasFaster = problems.some(({ code }) => code === "SUBMISSION_NOT_IN_DOUBT");
  if (wasFaster) return word("faster", lastOf(await run("show", {}, { id })));
  return refusal || word("done", page!.by);
}
