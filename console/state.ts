import { Lost, ask, clock } from "./api.ts";
import {
  AskedDocument,
  type AskedQuery,
  type DetailsFragment,
  LookDocument,
  type LookQuery,
  PhonesDocument,
  type RowFragment,
  ShowDocument,
} from "./generated/graphql.ts";
import { NUMBERS, VIEWS, conditionsAt, placeNow } from "./place.ts";
import { mayDo } from "./session.ts";
import { type Problem, durationText, sentenceOf, word } from "./words.ts";

/** A submission in a list, and one that is shown: with its actions. */
export type Submission = RowFragment & Partial<DetailsFragment>;

/** Result of an action. It was done when there are no problems. */
export interface Done {
  submission: DetailsFragment | null;
  problems: Problem[];
}

/** A result or news about a submission. `sight`: what one's own action has made of it. `isTried`: a try to send it has no result yet. */
interface Said {
  row: Submission;
  text: string;
  sight?: string;
  isTried?: boolean;
  isDone?: boolean;
  /** Problems for which an action was refused. */
  problems?: Problem[];
}

interface Waiting {
  count: number;
  oldest?: string | undefined;
}

/** Id of no submission. */
const NONE = "00000000-0000-7000-8000-000000000000";
const DAY_MS = 86_400_000;
const PAGE = 100;

const BEGIN = {
  place: placeNow(),
  /** Last answers about the list, the submission and the counts. Undefined: not read yet. */
  list: {} as { rows?: Submission[]; next?: string | null; problems?: Problem[] },
  shown: undefined as DetailsFragment | null | undefined,
  counts: undefined as Record<"doubts" | "conflicts" | "queue" | "expired", Waiting> | undefined,
  /** What was asked with the submission that `sight` names, and others like it. */
  asked: { sight: "" } as { sight: string; samePhone?: Submission[] | undefined } & Partial<AskedQuery>,
  readAt: 0,
  /** Word for the reason for which nothing newer is shown. */
  lost: "",
  chosen: [] as string[],
  /** Number of submissions that are through, while something is done with them. */
  progress: "",
  /** Results of the last actions, by their submissions. */
  said: new Map<string, Said>(),
};
export const state = { ...BEGIN, draw: () => {} };
let looks = 0;
let looking = 0;

export function update(changes: Partial<typeof state>): void {
  Object.assign(state, changes);
  state.draw();
}

/** Forgets all that was shown, when its user has signed out. */
export function forgetAll(): void {
  looks++;
  Object.assign(state, { ...BEGIN, place: placeNow(), said: new Map() });
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
  update({ place, shown: undefined, ...(!isSameList && { list: {}, chosen: [] }) });
  await look();
}

export const now = () => Date.now() + clock.aheadMs;

export function secondsSince(at: string): number {
  return Math.max(0, (now() - Date.parse(at)) / 1000);
}

/** Returns the time since which a submission is in its state. Each failed try to deliver settles a queued one anew, and changes nothing. */
export function sinceOf(row: Pick<Submission, "state" | "settledAt" | "createdAt">): string {
  return (row.state === "QUEUED" ? null : row.settledAt) ?? row.createdAt;
}

/** Names a submission as it is seen, so that one that has changed since has another name. Tries change nothing of a queued one. */
export function sightOf(row: Submission | null | undefined): string {
  return row ? [row.id, row.state, row.state === "QUEUED" ? row.deliverBy : row.version].join(" ") : "";
}

/** Looks, unless a look is under way, which it would make void, or an action. */
export async function lookAgain(): Promise<void> {
  if (looking === 0 && !state.progress) await look();
}

/** Reads everything that is shown. A later look makes the answers to an earlier one void. */
export async function look(): Promise<void> {
  const mine = ++looks;
  const { place } = state;
  const conditions = conditionsAt(place, now());
  if (typeof conditions === "string") return update({ list: { problems: [mistakeIn(conditions)] } });
  looking++;
  try {
    const data = await ask(LookDocument, {
      ...conditions,
      isTwo: conditions.second !== undefined,
      orderBy: VIEWS[place.view].orderBy,
      after: place["after"],
      yesterday: new Date(now() - DAY_MS).toISOString(),
      id: place["id"] ?? NONE,
      isOne: place["id"] !== undefined,
    });
    if (mine !== looks) return;
    const { rows, next } = listIn(data);
    const news = await readNews([...rows, data.shown]);
    if (mine !== looks) return;
    update({
      ...(news.size > 0 && { said: new Map([...state.said, ...news]) }),
      chosen: state.chosen.filter((one) => !news.has(one) || rows.some((row) => row.id === one)),
      list: { rows, next },
      shown: data.shown ?? null,
      counts: countsIn(data),
      lost: "",
      readAt: now(),
    });
    if (data.shown) await readAsked(data.shown);
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    if (mine !== looks) return;
    const { problem, message } = error;
    update(problem ? { list: { problems: [problem] }, lost: "" } : { lost: message });
  } finally {
    looking--;
  }
}

/** Sentences for ages and times that the console cannot read, in English. */
const TIME_RULES = {
  NOT_A_TIME: "Give a time such as 2026-11-25T14:29Z, or an age such as 30min, 2h or 7d.",
  NOT_A_SPAN: "The beginning lies after the end.",
};

function mistakeIn(field: "since" | "until" | "span"): Problem {
  const rule = field === "span" ? "NOT_A_SPAN" : "NOT_A_TIME";
  const where = field === "span" ? "until" : field;
  return {
    code: rule,
    rule: null,
    field: where,
    message: TIME_RULES[rule],
    limit: null,
    retryAfterSeconds: null,
  };
}

/** Joins the two lists of a look. Ids are in the order of the first calls, and a cursor names a position in each of the lists. */
function listIn({ first, second }: LookQuery) {
  const { orderBy } = VIEWS[state.place.view];
  const pages = [first, second].filter((page) => page != null);
  const edges = pages.flatMap((page) => page.edges).toSorted((a, b) => (a.node.id < b.node.id ? -1 : 1));
  if (orderBy === "CREATED_DESC") edges.reverse();
  const shown = edges.slice(0, PAGE);
  const isMore = edges.length > PAGE || pages.some((page) => page.pageInfo.hasNextPage);
  return { rows: shown.map(({ node }) => node), next: isMore ? shown.at(-1)!.cursor : null };
}

function countsIn({ waiting, conflicts, expired, helpdesk, voice, queue }: LookQuery) {
  const sum = (groups: readonly { count: number }[] | null) =>
    (groups ?? []).reduce((total, { count }) => total + count, 0);
  const [oldest] = [helpdesk, voice].flatMap((page) => page?.nodes.map(sinceOf) ?? []).toSorted();
  const doubts = waiting?.filter(
    (one) => one.state === "UNCERTAIN" && one.operation !== "UPDATE_TICKET_STATUS",
  );
  return {
    doubts: { count: sum(doubts ?? []), oldest },
    conflicts: { count: sum(conflicts) },
    queue: {
      count: sum(waiting?.filter((one) => one.state === "QUEUED") ?? []),
      oldest: queue?.nodes.map(sinceOf)[0],
    },
    expired: { count: sum(expired) },
  };
}

/** True for a create about which an operator decides, or may correct the decision. */
export const isDecidable = (row: Submission) =>
  row.operation !== "UPDATE_TICKET_STATUS" && (row.state === "UNCERTAIN" || isCorrectable(row));

/** True for a submission about which an operator may decide once more: one that was resolved, or has a conflict. */
export function isCorrectable({ state: is, reason, conflictingTicketId }: Submission): boolean {
  return /_SAYS_OPERATOR$/.test(reason ?? "") || (conflictingTicketId !== null && is !== "SENDING");
}

/** Reads what was asked, and who else asked for the same, once for each sight: the log records each reading. */
async function readAsked(row: DetailsFragment): Promise<void> {
  const sight = sightOf(row);
  if (state.asked.sight === sight) return;
  state.asked = { sight };
  try {
    const [type, name] = numberOf(row);
    const same =
      type === "TICKET_ID" ? { ticketId: row.ticketId } : { reference: { type, value: String(row[name]) } };
    const isPersonal = isDecidable(row) && mayDo("ticket:read");
    const read = await ask(AskedDocument, { id: row.id, same, isPersonal });
    const phone = phoneIn(read.asked?.submitted);
    const isInDoubt = phone !== "" && row.state === "UNCERTAIN" && state.place.view === "doubts";
    const { doubts } = isInDoubt ? await ask(PhonesDocument, { after: state.place["after"] }) : {};
    const samePhone = doubts?.nodes.filter(
      ({ id, submitted }) => id !== row.id && phoneIn(submitted) === phone,
    );
    if (state.asked.sight === sight) update({ asked: { ...read, sight, samePhone } });
  } catch (error) {
    state.asked = { sight: "" };
    throw error;
  }
}

/** Returns the first number of a submission, with its type. A call may have none but its ticket's id. */
export function numberOf(row: Submission) {
  const numbers = Object.entries(NUMBERS) as [keyof typeof NUMBERS, Exclude<keyof Submission, "actions">][];
  return numbers.find(([, name]) => row[name] != null) ?? numbers.at(-1)!;
}

/** Digits of the phone in what was asked, without what stands before the number in the country. Only calls have one. */
const phoneIn = (submitted: { customerPhone?: string; content?: string } | null | undefined) =>
  (submitted?.customerPhone ?? "").replaceAll(/\D/g, "").replace(/^(?:62|0)/, "");

/** Reads what became of the submissions that were tried, chosen or shown, unless they are among these. */
async function readNews(present: (Submission | null | undefined)[]) {
  const still = new Set(present.map(sightOf));
  const tried = [...state.said.values()].flatMap(({ row, isTried }) => (isTried ? [row] : []));
  const chosen = (state.list.rows ?? []).filter((row) => state.chosen.includes(row.id));
  const seen = [...chosen, state.shown].filter((row) => row != null && !still.has(sightOf(row)));
  const rows = new Map([...seen, ...tried].map((row) => [row!.id, row!]));
  const reads = [...rows.keys()].map((id) => ask(ShowDocument, { id }));
  const answers = await Promise.all(reads);
  const news: typeof state.said = new Map();
  for (const [nth, row] of [...rows.values()].entries()) {
    const { shown } = answers[nth]!;
    const sight = sightOf(shown);
    // An older one may only have moved it to the next page, and one's own change is no news.
    const isChanged = ![sightOf(row), state.said.get(row.id)?.sight].includes(sight);
    const changed = isChanged ? word("changed", changeOf(row, shown)) : "";
    const text = tried.includes(row) ? triedText(row, shown) : changed;
    if (text) news.set(row.id, { row, text, sight });
  }
  return news;
}

/** Says what became of a submission since it was seen: a late acceptance, or who decided last, and what; without a verdict, its state. */
function changeOf(seen: Submission, present: DetailsFragment | null): string {
  const late = present?.conflictingTicketId;
  if (late && late !== seen.conflictingTicketId) return `${word("conflictingTicketId")}: ${late}`;
  const newest = present?.actions.find(({ verdict }) => verdict !== null);
  if (!present || !newest || !isCorrectable(present)) return word(present?.state ?? "");
  return `${newest.byPerson ?? newest.by}: ${word(newest.verdict!)}`;
}

/** Returns the sentences of problems under the fields to which they belong. */
export function mistakesIn(problems: readonly Problem[] = []): Partial<Record<string, string>> {
  return Object.fromEntries(problems.map((each) => [each.field, sentenceOf(each)]));
}

/** Does the same with submissions, one after the other. It ends where an answer is lost, and repeats nothing. `name`: word for it. */
export async function act(
  name: string,
  change: (row: Submission) => Promise<Done>,
  rows: readonly Submission[],
) {
  if (state.progress) return;
  let isLost = false;
  const lose = () => ((isLost = true), { text: word("unknown") });
  state.said = new Map();
  for (const [nth, row] of rows.entries()) {
    update({ progress: word("progress", nth, rows.length) });
    const result = isLost ? { text: word("unsent") } : await actOn(name, row, change).catch(lose);
    state.said.set(row.id, { row, ...result });
  }
  await look();
  update({ progress: "" });
}

/** Writes the time left until a time. Null: until a person acts. */
export function untilText(at: string | null): string {
  if (at === null) return word("forPerson");
  const seconds = (Date.parse(at) - now()) / 1000;
  return seconds > 0 ? word("in", durationText(seconds, Math.ceil)) : word("due");
}

/** Says what came of a try to send a queued request. Empty: it has not ended. */
function triedText(since: Submission, present: DetailsFragment | null): string {
  const { state: is, reason, nextTryAt, attempts } = present!;
  if (is === "SENDING" || (is === "QUEUED" && attempts <= since.attempts)) return "";
  if (is === "QUEUED") return word("triedAway", word(reason ?? ""), untilText(nextTryAt));
  return word("tried", word(is), word(reason ?? ""));
}

/** Does something with a submission, and says what was done and by whom. Then it is chosen no more. */
async function actOn(
  name: string,
  row: Submission,
  change: (row: Submission) => Promise<Done>,
): Promise<Omit<Said, "row">> {
  const { submission, problems } = await change(row);
  if (problems.some(({ code }) => code === "LEDGER_UNAVAILABLE")) throw new Lost("silent"); // it may have been done
  const wasFaster = problems.some(({ code }) =>
    /^SUBMISSION_(?:CHANGED|NOT_IN_DOUBT|NOT_QUEUED)$/.test(code),
  );
  if (wasFaster) return { text: word("moved", changeOf(row, submission)), sight: sightOf(submission) };
  if (problems.length > 0) return { text: Object.values(mistakesIn(problems)).join(" "), problems };
  state.chosen = state.chosen.filter((other) => other !== row.id);
  const [newest] = submission?.actions ?? [];
  const done = word("done", word(name), newest?.byPerson ?? newest?.by ?? "");
  const isTried = name === "retry";
  return {
    text: isTried ? `${done} ${word("trying")}` : done,
    sight: sightOf(submission),
    isTried,
    isDone: true,
  };
}
