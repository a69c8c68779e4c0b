import meanings from "./meanings.json" with { type: "json" };

const MEANINGS = new WeakMap<object, Readonly<Record<string, string>>>();

/** Makes an enum of its values, each with its meaning, which the schema shows. Its type is `keyof typeof` it. */
export function enumOf<const Meanings extends Readonly<Record<string, string>>>(texts: Meanings) {
  const values = Object.fromEntries(Object.keys(texts).map((value) => [value, value]));
  MEANINGS.set(values, texts);
  return values as { readonly [Value in keyof Meanings]: Value };
}

/** Returns the meanings of the values of an enum that `enumOf` made. */
export function meaningsOf(values: object): Readonly<Record<string, string>> {
  return MEANINGS.get(values)!;
}

/** States of a ticket, as the vendor defines them. BSG's front ends set them, and Sociomile reports them. */
export const TicketStatus = enumOf(meanings.ticketStatus);
export type TicketStatus = keyof typeof TicketStatus;

export const TicketKind = enumOf(meanings.ticketKind);
export type TicketKind = keyof typeof TicketKind;

/**
 * Details that Sociomile reports under a title, in the order of its document. `statusLabel` is the status in its words,
 * `handlingTime` has the form H…H:MM:SS; hours may exceed 23.
 */
const TITLED = [
  "statusLabel",
  "customerPhone",
  "customerName",
  "customerEmail",
  "maskedTicketId",
  "sourceTicketId",
  "subject",
  "content",
  "createdAt",
  "closedAt",
  "handlingTime",
  "mainCategory",
  "categoryName",
  "categoryId",
  "subCategory",
  "detailSubCategory",
  "detailSubCategory2",
  "createdByName",
  "createdById",
] as const;
export type TitledDetail = (typeof TITLED)[number];

export type Time = "createdAt" | "closedAt";

/** True for a detail that is a time. The others are text. */
export function isTime(detail: TitledDetail): detail is Time {
  return detail === "createdAt" || detail === "closedAt";
}

/** Point in time, as Temporal.Instant is. Tickets that are read have plain objects: they are faster to make and to print. */
export type Instant = Pick<Temporal.Instant, "epochMilliseconds">;

/** Details of a ticket. Sociomile reports them when the status is changed. Null: not reported, or empty. */
export type TicketDetails = Record<Exclude<TitledDetail, Time>, string | null> &
  Record<Time, Instant | null> & {
    /** Null also when this service does not know the `statusLabel`. */
    status: TicketStatus | null;
    isEscalated: boolean | null;
  };

/** Origin of a ticket's details: the create that opened it, or a report of Sociomile. */
export const TicketDetailsSource = enumOf(meanings.ticketDetailsSource);
export type TicketDetailsSource = keyof typeof TicketDetailsSource;

/** A status of a ticket, with Sociomile's words for it. */
export type ShownStatus = Pick<TicketDetails, "status" | "statusLabel">;

/** A ticket as it is known now, with the time of Sociomile's last report about it. */
export interface Ticket extends TicketDetails {
  id: string;
  /** Number that people see in Sociomile: digits, of any length. */
  number: string | null;
  kind: TicketKind | null;
  bsgTicketId: string | null;
  /** This and the two fields after it come from the create of a helpdesk ticket. */
  helpdeskTicketNumber: string | null;
  branchComplaintNumber: string | null;
  branchCode: string | null;
  /** Null: no details are known. */
  detailsFrom: TicketDetailsSource | null;
  /** Status that Sociomile may show instead of `status`, because an update of it is in doubt. Null: there is no such doubt. */
  statusInDoubt: TicketStatus | null;
  observedAt: Instant;
}

/** Returns the one spelling of a ticket's id: 24 hexadecimal digits are one id in either case. */
export function ticketIdOf(text: string): string {
  return /^[0-9a-f]{24}$/i.test(text) ? text.toLowerCase() : text;
}

/** Details of a ticket about which nothing has been reported yet. */
export const NO_DETAILS = Object.fromEntries([...TITLED, "status", "isEscalated"].map((detail) => [detail, null])) as {
  [Detail in keyof TicketDetails]: null;
};

/** Fields of a ticket of which nothing but its id and number is known. */
export const BARE = {
  ...NO_DETAILS,
  statusInDoubt: null,
  kind: null,
  bsgTicketId: null,
  helpdeskTicketNumber: null,
  branchComplaintNumber: null,
  branchCode: null,
  detailsFrom: null,
} satisfies Partial<Ticket>;

/** Fields of a ticket with personal data of its customer, or of an agent. */
export const PERSONAL_FIELDS: ReadonlySet<string> = new Set(
  "customerPhone customerName customerEmail subject content createdByName createdById submitted".split(" "),
);

/** Fields that may hold long texts. A read keeps only those that are asked for. */
export const LONG_TEXTS: ReadonlySet<string> = new Set("content description claimReason firstStreamText".split(" "));

/** Returns a ticket without the details from Sociomile, except the status. */
export function withoutDetails({ id, number, kind, bsgTicketId, status, observedAt }: Ticket): Ticket {
  return { ...BARE, id, number, kind, bsgTicketId, status, observedAt };
}

/** Time after its sending in which Sociomile may still execute a request. Minutes. */
export const MAY_BE_EXECUTED_MINUTES = 15;
export const MAY_BE_EXECUTED_MS = MAY_BE_EXECUTED_MINUTES * 60_000;

/** An update that decides what its ticket shows. */
export interface TicketUpdate {
  state: "SENDING" | "UNCERTAIN" | "CONFIRMED";
  /** Status that it asks for. */
  status: TicketStatus;
  /** Position in the order in which the updates of its ticket ended. Null: it is being sent, and so the newest. */
  nth: number | null;
  /** Ledger's time when it was sent. Milliseconds since the epoch. */
  sentAt: number;
}

const nthOf = ({ nth }: Pick<TicketUpdate, "nth">) => nth ?? Infinity;

/**
 * Decides what a ticket shows: the status of the last accepted update, as Sociomile reported it or as it was requested. In doubt
 * is the status of the newest other update that may have been executed later and asked for something else.
 */
export function statusOf(updates: readonly TicketUpdate[], report: (ShownStatus & { nth: number }) | null) {
  const newestFirst = updates.toSorted((one, other) => nthOf(other) - nthOf(one) || 0);
  const accepted = newestFirst.find(({ state }) => state === "CONFIRMED");
  const isReported = report?.statusLabel != null && report.nth >= nthOf(accepted ?? report);
  const shown: ShownStatus = isReported
    ? { status: report.status, statusLabel: report.statusLabel }
    : { status: accepted?.status ?? null, statusLabel: null };
  const isInDoubt = (update: TicketUpdate) => {
    if (update.state === "CONFIRMED") return false;
    if (accepted === undefined) return true;
    const isOther = update.status !== accepted.status || update.status !== shown.status;
    const mayBeLater = nthOf(update) >= nthOf(accepted) || update.sentAt + MAY_BE_EXECUTED_MS > accepted.sentAt;
    return isOther && mayBeLater;
  };
  return { ...shown, statusInDoubt: newestFirst.find(isInDoubt)?.status ?? null };
}
