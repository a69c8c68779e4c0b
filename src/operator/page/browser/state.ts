import type { ReasonCount } from "../../../tickets/ports.ts";
import type { ResolveResult } from "../../../tickets/resolve.ts";
import { type Resolution, type Submission as Stored, isResolved } from "../../../tickets/submission.ts";
import type { Asked } from "../server.ts";
import { seenOf } from "../../printable.ts";
import { optionOf } from "../../words.ts";
import { placeNow } from "./place.ts";
import { sentenceOf, word } from "./words.ts";

/** Values with their times as text. */
type Shown<Values> = {
  [Name in keyof Values]: Temporal.Instant extends Values[Name] ? string : Values[Name];
};
export type Submission = Shown<Stored> & { resolutions?: Shown<Resolution>[] };

/** A result or news about a submission. `version`: what one's own action has made of it. */
type Said = { row: Submission; text: string; version?: string };

/** Answer to a command. It was done when there are no problems. */
export interface Answer extends Partial<Pick<ResolveResult, "problems" | "heldBy" | "superseded">> {
  other?: Shown<NonNullable<ResolveResult["other"]>>;
  page?: { by: string; isReadOnly: boolean; zone: string; now: string };
  submission?: Submission | null;
  submissions?: Submission[];
  next?: string | null;
  counts?: ReasonCount[];
  oldestDoubtSeconds?: number;
  verdicts?: object[];
}

const WAIT_MS = 10_000;

export const state = {
  draw: () => {},
  place: placeNow(),
  /** Last answers about the list, the submission and the doubts. */
  list: {} as Answer,
  shown: {} as Answer,
  counts: {} as Answer,
  /** Number of doubts since the operator last touched the page. */
  fresh: 0,
  /** Time of the service minus that of the browser, in milliseconds. */
  aheadMs: 0,
  /** Word for the reason for which nothing newer is shown. */
  lost: "",
  unsaved: "",
  chosen: [] as string[],
  /** Ids of the submissions with which something is done now, and how many of them are through. */
  acting: [] as string[],
  progress: "",
  /** Results of the last actions, by their submissions. */
  said: new Map<string, Said>(),
};
let touchedAt = "";
let looks = 0;
let looking = 0;

/** Changes what the page shows, and draws it. */
export function update(changes: Partial<typeof state>): void {
  Object.assign(state, changes);
  state.draw();
}

/** Returns the address of a place that differs from the present one. */
export function hrefOf(changes: Record<string, string>): string {
  const place = Object.entries({ ...state.place, ...changes }).filter(([, value]) => value !== "");
  return `#${new URLSearchParams(place).toString()}`;
}

export async function arrive(): Promise<void> {
  const place = placeNow();
  if (JSON.stringify(place) === JSON.stringify(state.place)) return;
  const [list, former] = [place, state.place].map((one) => JSON.stringify({ ...one, id: "" }));
  const kept = list === former ? {} : { list: {}, chosen: [] };
  update({ place, shown: {}, unsaved: "", ...kept });
  await look();
}

export function secondsSince(at: string): number {
  return Math.max(0, (Date.now() + state.aheadMs - Date.parse(at)) / 1000);
}

/** Tells an actual submission from one that has changed since it was read, by what the page's server compares, too. */
export function versionOf(row: Submission | null | undefined): string {
  return row ? `${row.id} ${seenOf(row)}` : "";
}

/** Begins to count new doubts again. */
export function touch(): void {
  touchedAt = new Date(Date.now() + state.aheadMs).toISOString();
  if (state.fresh > 0) update({ fresh: 0 });
}

/** Runs a command of the command line. Rejects when the answer is lost: nobody knows whether it was done. */
export async function run(asked: Asked): Promise<Answer> {
  const signal = AbortSignal.timeout(WAIT_MS);
  const response = await fetch("api", { method: "POST", body: JSON.stringify(asked), signal });
  if (!response.ok) throw new Error("lost", { cause: response.status });
  return response.json();
}

/** Returns the command of the list at the place, with a size of its pages. */
export function listed(place = state.place, first = "100"): Asked {
  const { view = "doubts", type = "helpdesk-number", number, id: _, state: wanted, ...given } = place;
  const options = { ...given, ...(number && { [type]: number }), oldest: true as const, first };
  if (view === "expired")
    return { command: "list", options: { state: "NOT_EXECUTED", reason: "DELIVERY_EXPIRED", ...options } };
  return { command: view, options: { ...options, ...(view === "list" && wanted && { state: wanted }) } };
}

export function totalOf({ counts = [] }: Answer): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** Looks, unless a look is under way: it would make that one void. */
export async function lookAgain(): Promise<void> {
  if (looking === 0) await look();
}

/** Reads everything that is shown. A later look makes the answers to an earlier one void. */
async function look(): Promise<void> {
  const mine = ++looks;
  looking++;
  const { id } = state.place;
  const { acting } = state;
  const news: typeof state.said = new Map();
  try {
    const [counts, fresh, main] = await Promise.all([
      run({ command: "doubts", options: { counts: true } }),
      run({ command: "doubts", options: { counts: true, since: touchedAt || "1min" } }),
      run(id ? { command: "show", id } : listed()),
    ]);
    if (mine !== looks) return;
    const { now } = counts.page!;
    const seen = id ? [state.shown.submission] : (state.list.submissions ?? []);
    const still = new Set((main.submissions ?? [main.submission]).map(versionOf));
    // One's own actions are no changes of colleagues.
    const own = new Set([...acting, ...state.acting]);
    for (const row of seen)
      if (row && !still.has(versionOf(row)) && !own.has(row.id) && (id || state.chosen.includes(row.id))) {
        const shown = await run({ command: "show", id: row.id });
        const text = changeOf(row, shown);
        const isOwn = state.said.get(row.id)?.version === versionOf(shown.submission);
        // Otherwise an older one has only moved it to the next page.
        if (!isOwn && versionOf(shown.submission) !== versionOf(row))
          news.set(row.id, { row, text: word("changed", text) });
      }
    if (mine !== looks) return;
    update({
      ...(news.size > 0 && { said: new Map([...state.said, ...news]) }),
      chosen: state.chosen.filter((one) => !news.has(one) || main.submissions?.some((row) => row.id === one)),
      [id ? "shown" : "list"]: main,
      counts,
      lost: "",
      aheadMs: Date.parse(now) - Date.now(),
      fresh: touchedAt ? totalOf(fresh) : 0,
    });
    touchedAt ||= now;
  } catch (error) {
    const words: Record<number, string> = { 400: "refused", 403: "closed", 503: "silent" };
    if (mine === looks) update({ lost: words[(error as Error).cause as number] ?? "lost" });
  } finally {
    looking--;
  }
}

/** Says what became of a submission since it was seen: a late acceptance, or who decided last, and what; without a verdict, its state. */
function changeOf(seen: Submission, { submission }: Answer): string {
  const late = submission?.conflictingTicketId;
  if (late && late !== seen.conflictingTicketId) return `${word("conflictingTicketId")}: ${late}`;
  const [newest] = (submission && isResolved(submission) && submission.resolutions) || [];
  if (!newest) return word(submission?.state ?? "");
  return `${newest.resolvedByPerson ?? newest.resolvedBy}: ${word(optionOf(newest.verdict))}`;
}

/** Returns the sentences of a refusal under the options to which they belong. */
export function mistakesIn(answer?: Answer | null): Partial<Record<string, string>> {
  const { problems = [], heldBy, other } = answer ?? {};
  const options = problems.map(({ field }) => field?.replace("--", "").replace("ticketId", "created"));
  return Object.fromEntries(
    problems.map((each, nth) => [options[nth], sentenceOf(each, heldBy ?? other?.id)]),
  );
}

/** Returns the sentence of a refusal. Empty: it was none. */
export function refusalOf(answer?: Answer | null): string {
  return Object.values(mistakesIn(answer)).join(" ");
}

/** Does the same with submissions, one after the other. It ends where an answer is lost, and repeats nothing. `name`: word for it. */
export async function act(name: string, asked: (row: Submission) => Asked, rows: readonly Submission[]) {
  if (state.progress) return;
  state.said = new Map();
  let isLost = false;
  const lose = () => ((isLost = true), { text: word("unknown") });
  for (const [nth, row] of rows.entries()) {
    if (isLost && state.said.has(row.id)) continue; // there is news of it
    if (!isLost) update({ acting: [...state.acting, row.id], progress: word("progress", nth, rows.length) });
    const result = isLost ? { text: word("unsent") } : await actOn(name, row, asked(row)).catch(lose);
    state.said.set(row.id, { row, ...result });
    if (isLost) state.acting = state.acting.filter((id) => id !== row.id); // the next look may tell what became of it
  }
  await look();
  update({ progress: "", acting: [] });
}

/** Does something with a submission, and says what was done and by whom. Then it is chosen no more. */
async function actOn(name: string, row: Submission, asked: Asked): Promise<Omit<Said, "row">> {
  const answer = await run({ ...asked, action: crypto.randomUUID() });
  const wasFaster = answer.problems!.some(({ code }) => /^SUBMISSION_NOT_(IN_DOUBT|QUEUED)$/.test(code));
  if (wasFaster) return { text: word("moved", changeOf(row, await run({ command: "show", id: row.id }))) };
  if (refusalOf(answer)) return { text: refusalOf(answer) };
  state.chosen = state.chosen.filter((other) => other !== row.id);
  const voided = (answer.superseded ?? []).map((older) => word("void", older));
  const text = [word("done", word(name), answer.page!.by), ...voided].join(" ");
  return { text, version: versionOf(answer.submission ?? row) };
}
