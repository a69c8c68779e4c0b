import { Lost, ask } from "./api.ts";
import * as operations from "./generated/graphql.ts";
import { VIEWS, conditionsAt, placeNow } from "./place.ts";
import { mayDo } from "./session.ts";
import {
  type Details,
  type Submission,
  hrefOf,
  isCorrectable,
  isDecidable,
  now,
  numberOf,
  sightOf,
  sinceOf,
  state,
  untilText,
  update,
} from "./state.ts";
import { type Problem, mistakesIn, word } from "./words.ts";

/** Id of no submission. */
const NONE = "00000000-0000-7000-8000-000000000000";
const DAY_MS = 86_400_000;
const PAGE = 100;

let looks = 0;
let looking = 0;

export async function arrive(): Promise<void> {
  const place = placeNow();
  if (JSON.stringify(place) === JSON.stringify(state.place)) return;
  const isSameList = hrefOf({ id: "" }, place) === hrefOf({ id: "" });
  update({ place, shown: undefined, ...(!isSameList && { list: {}, chosen: [] }) });
  await look();
}

/** Looks, unless a look is under way, which it would make void, or an action. */
export async function lookAgain(): Promise<void> {
  if (looking === 0 && !state.progress) await look();
}

/** Reads everything that is shown. A later look makes the answers to an earlier one void. */
export async function look(): Promise<void> {
  const mine = ++looks;
  const { view, id, after } = state.place;
  const conditions = conditionsAt(state.place, now());
  if (typeof conditions === "string") return update({ list: { mistakes: { [conditions]: word("noTime") } } });
  looking++;
  try {
    const data = await ask(operations.LookDocument, {
      ...conditions,
      isTwo: "second" in conditions,
      orderBy: VIEWS[view].orderBy,
      after,
      yesterday: new Date(now() - DAY_MS).toISOString(),
      id: id ?? NONE,
      isOne: id !== undefined,
    });
    if (mine !== looks) return;
    const { shown = null } = data;
    const said = new Map([...state.said, ...(await readNews(shown))]);
    if (mine !== looks) return;
    const list = listIn(data);
    const chosen = state.chosen.filter((one) => list.rows.some((row) => row.id === one));
    update({ list, shown, said, chosen, counts: countsIn(data), lost: "", readAt: now() });
    if (shown) await readAsked(shown);
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    const isInput = error.message === "refused";
    const mistakes = isInput ? mistakesIn([error.cause as Problem]) : {};
    if (mine === looks) update(isInput ? { list: { mistakes }, lost: "" } : { lost: error.message });
  } finally {
    looking--;
  }
}

/** Joins the two lists of a look. Ids are in the order of the first calls, and a cursor names a position in each of the lists. */
function listIn({ first, second }: operations.LookQuery) {
  const pages = [first, second].filter((page) => page != null);
  const edges = pages.flatMap((page) => page.edges).toSorted((a, b) => (a.node.id < b.node.id ? -1 : 1));
  if (VIEWS[state.place.view].orderBy === "CREATED_DESC") edges.reverse();
  const shown = edges.slice(0, PAGE);
  const isMore = edges.length > PAGE || pages.some((page) => page.pageInfo.hasNextPage);
  return { rows: shown.map(({ node }) => node), next: isMore ? shown.at(-1)!.cursor : null };
}

function sum(groups: readonly { count: number }[] | null = []): number {
  return (groups ?? []).reduce((total, { count }) => total + count, 0);
}

function countsIn({ waiting, conflicts, expired, helpdesk, voice, queue }: operations.LookQuery) {
  const oldestOf = (...pages: (typeof queue)[]) =>
    pages.flatMap((page) => page?.nodes.map(sinceOf) ?? []).toSorted()[0];
  const queued = waiting?.filter((one) => one.state === "QUEUED");
  const doubts = waiting?.filter((one) => one.state === "UNCERTAIN" && one.operation !== "UPDATE_TICKET_STATUS");
  return {
    doubts: { count: sum(doubts), oldest: oldestOf(helpdesk, voice) },
    conflicts: { count: sum(conflicts) },
    queue: { count: sum(queued), oldest: oldestOf(queue) },
    expired: { count: sum(expired) },
  };
}

/** Reads what was asked, and who else asked for the same, once for each sight: the log records each reading. */
async function readAsked(row: Details): Promise<void> {
  const sight = sightOf(row);
  if (state.asked.sight === sight) return;
  state.asked = { sight };
  try {
    const [type, name] = numberOf(row);
    const same = type === "TICKET_ID" ? { ticketId: row.ticketId } : { reference: { type, value: String(row[name]) } };
    const isPersonal = isDecidable(row) && mayDo("ticket:read");
    const read = await ask(operations.AskedDocument, { id: row.id, same, isPersonal });
    const phone = phoneIn(read.asked?.submitted);
    const isInDoubt = phone !== "" && row.state === "UNCERTAIN" && state.place.view === "doubts";
    const { doubts } = isInDoubt ? await ask(operations.PhonesDocument, { after: state.place["after"] }) : {};
    const others = doubts?.nodes.filter(({ id }) => id !== row.id);
    const samePhone = others?.filter(({ submitted }) => phoneIn(submitted) === phone);
    if (state.asked.sight === sight) update({ asked: { ...read, sight, samePhone } });
  } catch (error) {
    state.asked = { sight: "" };
    throw error;
  }
}

/** Digits of the phone in what was asked, without what stands before the number in the country. Only calls have one. */
const phoneIn = (submitted: { customerPhone?: string; content?: string } | null | undefined) =>
  (submitted?.customerPhone ?? "").replaceAll(/\D/g, "").replace(/^(?:62|0)/, "");

/** Reads what became of the submission that is shown, and of those that were tried. One's own change is no news. */
async function readNews(shown: Details | null) {
  const news: typeof state.said = new Map();
  const [before, sight] = [state.shown, sightOf(shown)];
  const isKnown = [sightOf(before), state.said.get(shown?.id ?? "")?.sight].includes(sight);
  if (before && shown?.id === before.id && !isKnown)
    news.set(before.id, { row: before, text: word("changed", changeOf(before, shown)), sight });
  for (const { row, isTried } of state.said.values()) {
    const { shown: present } = isTried ? await ask(operations.ShowDocument, { id: row.id }) : { shown: null };
    const text = present && triedText(row, present);
    if (text) news.set(row.id, { row, text, sight: sightOf(present) });
  }
  return news;
}

/** Says what became of a submission since it was seen: a late acceptance, or who decided last, and what; without a verdict, its state. */
export function changeOf(seen: Submission, present: Details | null): string {
  const late = present?.conflictingTicketId;
  if (late && late !== seen.conflictingTicketId) return `${word("conflictingTicketId")}: ${late}`;
  const newest = present?.actions.find(({ verdict }) => verdict !== null);
  if (!present || !newest || !isCorrectable(present)) return word(present?.state ?? "");
  return `${newest.byPerson ?? newest.by}: ${word(newest.verdict!)}`;
}

/** Says what came of a try to send a queued request. Empty: it has not ended. */
function triedText(since: Submission, { state: is, reason, nextTryAt, attempts }: Details): string {
  if (is === "SENDING" || (is === "QUEUED" && attempts <= since.attempts)) return "";
  if (is === "QUEUED") return word("triedAway", word(reason ?? ""), untilText(nextTryAt));
  return word("tried", word(is), word(reason ?? ""));
}
