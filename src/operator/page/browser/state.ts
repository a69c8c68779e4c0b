import type { ResolveResult } from "../../../tickets/resolve.ts";
import { type Action, type Submission as Stored, isResolved } from "../../../tickets/submission.ts";
import type { Counts } from "../../list.ts";
import { optionOf } from "../../printable.ts";
import type { Asked } from "../server.ts";
import { FILTERS, VIEWS, placeNow } from "./place.ts";
import { durationText, sentenceOf, word } from "./words.ts";

/** Values with their times as text. */
type Shown<Values> = {
  [Name in keyof Values]: Temporal.Instant extends Values[Name] ? string : Values[Name];
};
export type Submission = Shown<Stored> & { actions?: Shown<Action>[] };

/** A result or news about a submission. `version`: what one's own action has made of it. `isTried`: a try to send it has no result yet. */
interface Said {
  row: Submission;
  text: string;
  version?: string;
  isTried?: boolean;
  /** Answer to an action that was refused. */
  refused?: Answer;
}

/** Answer to a command. It was done when there are no problems. */
export interface Answer extends Partial<Pick<ResolveResult, "problems" | "heldBy">> {
  page?: { by: string; isReadOnly: boolean; zone: string; ticketUrl: string | null; now: string };
  submission?: Submission | null;
  submissions?: Submission[];
  next?: string | null;
  counts?: Counts;
}

const WAIT_MS = 10_000;

export const state = {
  draw: () => {},
  place: placeNow(),
  /** Last answers about the list, the submission and the counts. */
  list: {} as Answer,
  shown: {} as Answer,
  counts: {} as Answer,
  /** Time of the service minus that of the browser, in milliseconds. */
  aheadMs: 0,
  /** Word for the reason for which nothing newer is shown. */
  lost: "",
  chosen: [] as string[],
  /** Number of submissions that are through, while something is done with them. */
  progress: "",
  /** Results of the last actions, by their submissions. */
  said: new Map<string, Said>(),
};
let looks = 0;
let looking = 0;

export function update(changes: Partial<typeof state>): void {
  Object.assign(state, changes);
  state.draw();
}

/** Returns the address of a place that differs from the present one. */
export function hrefOf(changes: Record<string, string>, place = state.place): string {
  const parts = Object.entries({ ...place, ...changes }).filter(([, value]) => value !== "");
  return `#${new URLSearchParams(parts).toString()}`;
}

export async function arrive(): Promise<void> {
  const place = placeNow();
  if (JSON.stringify(place) === JSON.stringify(state.place)) return;
  const isSameList = hrefOf({ id: "" }, place) === hrefOf({ id: "" });
  update({ place, shown: {}, ...(!isSameList && { list: {}, chosen: [] }) });
  await look();
}

export function secondsSince(at: string): number {
  return Math.max(0, (Date.now() + state.aheadMs - Date.parse(at)) / 1000);
}

/** Names a submission as it is seen, so that one that has changed since has another name. */
export function sightOf(row: Submission | null | undefined): string {
  if (!row) return "";
  const { id, state: is, reason, attempts, ticketId, conflictingTicketId, settledAt, deliverBy } = row;
  const facts = is === "QUEUED" ? [deliverBy] : [attempts, settledAt, reason, ticketId, conflictingTicketId];
  return [id, is, ...facts].join(" ");
}

/** Returns the verdicts on a submission, the newest first. */
export const verdictsOn = ({ actions = [] }: Submission) => actions.filter(({ verdict }) => verdict !== null);

/** Runs commands of the command line. Rejects when the answer is lost: nobody knows whether they were done. */
async function runAll(asked: Asked[]): Promise<Answer[]> {
  const signal = AbortSignal.timeout(WAIT_MS);
  const response = await fetch("api", { method: "POST", body: JSON.stringify(asked), signal });
  if (!response.ok) throw new Error("lost", { cause: response.status });
  return response.json();
}

export async function run(asked: Asked): Promise<Answer> {
  const [answer] = await runAll([asked]);
  return answer!;
}

const showOf = (id: string): Asked => ({ command: "show", id });

/** Returns the command of the list at the place, with a size of its pages. */
export function listed(place = state.place, first = "100"): Asked {
  const { view, type, number } = place;
  const { command, options }: Asked = VIEWS[view];
  const names = ["after", ...FILTERS].filter(
    (name) => name !== "number" && (name !== "state" || view === "list"),
  );
  const filters = Object.fromEntries(names.flatMap((name) => (place[name] ? [[name, place[name]]] : [])));
  return { command, options: { ...options, ...filters, ...(number && { [type]: number }), first } };
}

/** Looks, unless a look is under way, which it would make void, or an action. */
export async function lookAgain(): Promise<void> {
  if (looking === 0 && !state.progress) await look();
}

/** Reads everything that is shown. A later look makes the answers to an earlier one void. */
async function look(): Promise<void> {
  const mine = ++looks;
  looking++;
  const { id } = state.place;
  try {
    const asked = [{ command: "counts" }, listed(), ...(id ? [showOf(id)] : [])];
    const [counts = {}, list = {}, shown = {}] = await runAll(asked);
    if (mine !== looks) return;
    const news = await readNews([...(list.submissions ?? []), shown.submission]);
    if (mine !== looks) return;
    update({
      ...(news.size > 0 && { said: new Map([...state.said, ...news]) }),
      chosen: state.chosen.filter((one) => !news.has(one) || list.submissions?.some((row) => row.id === one)),
      list,
      shown,
      counts,
      lost: "",
      aheadMs: Date.parse(counts.page!.now) - Date.now(),
    });
  } catch (error) {
    const words: Record<number, string> = { 400: "refused", 403: "closed", 503: "silent" };
    if (mine === looks) update({ lost: words[(error as Error).cause as number] ?? "lost" });
  } finally {
    looking--;
  }
}

/** Reads what became of the submissions that were tried, chosen or shown, unless they are among these. */
async function readNews(present: (Submission | null | undefined)[]) {
  const still = new Set(present.map(sightOf));
  const tried = [...state.said.values()].flatMap(({ row, isTried }) => (isTried ? [row] : []));
  const chosen = (state.list.submissions ?? []).filter((row) => state.chosen.includes(row.id));
  const seen = [...chosen, state.shown.submission].filter((row) => row != null && !still.has(sightOf(row)));
  const rows = new Map([...seen, ...tried].map((row) => [row!.id, row!]));
  const answers = rows.size > 0 ? await runAll([...rows.keys()].map(showOf)) : [];
  const news: typeof state.said = new Map();
  for (const [nth, row] of [...rows.values()].entries()) {
    const answer = answers[nth]!;
    const version = sightOf(answer.submission);
    // An older one may only have moved it to the next page, and one's own change is no news.
    const isChanged = ![sightOf(row), state.said.get(row.id)?.version].includes(version);
    const changed = isChanged ? word("changed", changeOf(row, answer)) : "";
    const text = tried.includes(row) ? triedText(row, answer) : changed;
    if (text) news.set(row.id, { row, text, version });
  }
  return news;
}

/** Says what became of a submission since it was seen: a late acceptance, or who decided last, and what; without a verdict, its state. */
function changeOf(seen: Submission, { submission }: Answer): string {
  const late = submission?.conflictingTicketId;
  if (late && late !== seen.conflictingTicketId) return `${word("conflictingTicketId")}: ${late}`;
  const [newest] = submission && isResolved(submission) ? verdictsOn(submission) : [];
  if (!submission || !newest) return word(submission?.state ?? "");
  return `${newest.person ?? newest.client}: ${word(optionOf(newest.verdict!))}`;
}

/** Returns the sentences of a refusal under the options to which they belong. */
export function mistakesIn(answer?: Answer | null): Partial<Record<string, string>> {
  const { problems = [], heldBy } = answer ?? {};
  const options = problems.map(({ field }) =>
    field?.replace("--", "").replace("ticketId", "created").replace("ticketNumber", "number"),
  );
  return Object.fromEntries(problems.map((each, nth) => [options[nth], sentenceOf(each, heldBy)]));
}

/** Returns the sentence of a refusal. Empty: it was none. */
export function refusalOf(answer?: Answer | null): string {
  return Object.values(mistakesIn(answer)).join(" ");
}

/** Does the same with submissions, one after the other. It ends where an answer is lost, and repeats nothing. `name`: word for it. */
export async function act(name: string, asked: (row: Submission) => Asked, rows: readonly Submission[]) {
  if (state.progress) return;
  let isLost = false;
  const lose = () => ((isLost = true), { text: word("unknown") });
  state.said = new Map();
  for (const [nth, row] of rows.entries()) {
    update({ progress: word("progress", nth, rows.length) });
    const result = isLost ? { text: word("unsent") } : await actOn(name, row, asked(row)).catch(lose);
    state.said.set(row.id, { row, ...result });
  }
  await look();
  update({ progress: "" });
}

/** Writes the time left until a time. Null: until a person acts. */
export function untilText(at: string | null): string {
  if (at === null) return word("forPerson");
  const seconds = (Date.parse(at) - Date.now() - state.aheadMs) / 1000;
  return seconds > 0 ? word("in", durationText(seconds, Math.ceil)) : word("due");
}

/** Says what came of a try to send a queued request. Empty: it has not ended. */
function triedText(since: Submission, { submission }: Answer): string {
  const { state: present, reason, nextTryAt, attempts } = submission!;
  if (present === "SENDING" || (present === "QUEUED" && attempts <= since.attempts)) return "";
  if (present === "QUEUED") return word("triedAway", word(reason ?? ""), untilText(nextTryAt));
  return word("tried", word(present), word(reason ?? ""));
}

/** Does something with a submission, and says what was done and by whom. Then it is chosen no more. */
async function actOn(name: string, row: Submission, asked: Asked): Promise<Omit<Said, "row">> {
  const answer = await run(asked);
  const wasFaster = answer.problems!.some(({ code }) => /^SUBMISSION_NOT_(IN_DOUBT|QUEUED)$/.test(code));
  if (wasFaster) {
    const present = await run(showOf(row.id));
    return { text: word("moved", changeOf(row, present)), version: sightOf(present.submission) };
  }
  if (refusalOf(answer)) return { text: refusalOf(answer), refused: answer };
  state.chosen = state.chosen.filter((other) => other !== row.id);
  const tried = name === "retry" ? [word("trying")] : [];
  const text = [word("done", word(name), answer.page!.by), ...tried].join(" ");
  return { text, version: sightOf(answer.submission ?? row), isTried: tried.length > 0 };
}
