import { clock } from "./api.ts";
import type * as operations from "./generated/graphql.ts";
import { NUMBERS, placeNow } from "./place.ts";
import { type Mistakes, durationText, word } from "./words.ts";

export type Details = operations.DetailsFragment;
/** A submission in a list, and one that is shown: with its actions. */
export type Submission = operations.RowFragment & Partial<Details>;

/** A result or news about a submission. `sight`: what one's own action has made of it. `isTried`: a try to send it has no result yet. */
export interface Said {
  row: Submission;
  text: string;
  sight?: string;
  isTried?: boolean;
  isDone?: boolean;
  mistakes?: Mistakes;
}

const BEGIN = {
  place: placeNow(),
  /** Last answers about the list, the submission and the counts. Undefined: not read yet. */
  list: {} as { rows?: Submission[]; next?: string | null; mistakes?: Mistakes },
  shown: undefined as Details | null | undefined,
  counts: undefined as Record<string, { count: number; oldest?: string | undefined }> | undefined,
  /** Values that were asked with the submission that `sight` names, and others like it. */
  asked: { sight: "" } as {
    sight: string;
    samePhone?: Submission[] | undefined;
  } & Partial<operations.AskedQuery>,
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
export function update(changes: Partial<typeof state>): void {
  Object.assign(state, changes);
  state.draw();
}

/** Forgets all that was shown, when its user has signed out. */
export function forgetAll(): void {
  Object.assign(state, { ...BEGIN, place: placeNow(), said: new Map() });
}

/** Returns the address of a place that differs from the present one. */
export function hrefOf(changes: Record<string, string>, place = state.place): string {
  const parts = Object.entries({ ...place, ...changes }).filter(([, value]) => value !== "");
  return `#${new URLSearchParams(parts).toString()}`;
}

export const now = () => Date.now() + clock.aheadMs;
export const secondsSince = (at: string) => Math.max(0, (now() - Date.parse(at)) / 1000);

/** Returns the time since which a submission is in its state. Each failed try to deliver settles a queued one anew, and changes nothing. */
export function sinceOf(row: Pick<Submission, "state" | "settledAt" | "createdAt">): string {
  return (row.state === "QUEUED" ? null : row.settledAt) ?? row.createdAt;
}

/** Names a submission as it is seen, so that one that has changed since has another name. Tries change nothing of a queued one. */
export function sightOf(row: Submission | null | undefined): string {
  return row ? [row.id, row.state, row.state === "QUEUED" ? row.deliverBy : row.version].join(" ") : "";
}

/** True for a create about which an operator decides, or may correct the decision. */
export const isDecidable = (row: Submission) =>
  row.operation !== "UPDATE_TICKET_STATUS" && (row.state === "UNCERTAIN" || isCorrectable(row));

/** True for a submission about which an operator may decide once more: one that was resolved, or has a conflict. */
export function isCorrectable({ state: is, reason, conflictingTicketId }: Submission): boolean {
  return (reason?.endsWith("_SAYS_OPERATOR") ?? false) || (conflictingTicketId !== null && is !== "SENDING");
}

/** Fields of a row with one value. */
export type Plain = Exclude<keyof Submission, "actions">;

/** Returns the first number of a submission, with its type. A call may have none but its ticket's id. */
export function numberOf(row: Submission) {
  const numbers = Object.entries(NUMBERS) as [keyof typeof NUMBERS, Plain][];
  return numbers.find(([, name]) => row[name] != null) ?? numbers.at(-1)!;
}

/** Writes the time left until a time. Null: until a person acts. */
export function untilText(at: string | null): string {
  if (at === null) return word("forPerson");
  const seconds = (Date.parse(at) - now()) / 1000;
  return seconds > 0 ? word("in", durationText(seconds, Math.ceil)) : word("due");
}
