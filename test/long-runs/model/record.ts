/** Observations of one round from outside. Times are those of this process, in milliseconds since the epoch. */
import type { TicketStatus, TicketSubmissionVerdict } from "../../../examples/generated/graphql.ts";
import type { Mood } from "../../../sandbox/server.ts";
import type { Engine } from "../../support/ledgers.ts";
import type { MutationName, Payload } from "../../support/mutations.ts";

/** Faults that a round may have. The vendor's moods change in every round. */
export const FAULTS = ["outage", "kill", "stop", "database", "clock", "ledgerClock"] as const;
export type Fault = (typeof FAULTS)[number];

interface Timed {
  from: number;
  to: number;
}

/** A request of a client, which may be made again under its key, and everything that happens to it. */
export interface Request {
  /** Its key. The vendor's log and the ledger show it in the data of this request. */
  marker: string;
  name: MutationName;
  input: Readonly<Record<string, unknown>>;
  /** Ticket and status of an update. */
  ticketId: string | null;
  status: TicketStatus | null;
  /** Number of a create at the helpdesk. Several creates have the same. */
  number: string | null;
  isLater: boolean;
  opensOnce: boolean;
  calls: Call[];
  acts: Act[];
  arrivals: Arrival[];
  /** Its submission when everything is quiet, and in the end, when an operator has closed every doubt. */
  row?: Row;
  lastRow?: Row;
}

export interface Call extends Timed {
  payload: Payload | null;
  /** State of the submission, or else the code of the problem or error. */
  answered: string;
}

/** A cancellation, or the verdict of an operator. */
export interface Act extends Timed {
  act: "CANCEL" | TicketSubmissionVerdict;
  /** False: the vendor's log says otherwise: the request was executed, or it was not. */
  isTrue: boolean;
  /** Null: nobody knows, because the answer is lost. */
  isAccepted: boolean | null;
  code: string | undefined;
}

/** The request at the vendor, from the arrival of its head until its answer has left or its connection is closed. */
export interface Arrival extends Timed {
  /** Earliest time at which it may have been sent. This process is late when the machine is busy. */
  sentFrom: number;
  executed: boolean;
  mood: Mood;
}

export interface Row {
  id: string;
  state: string;
  reason: string | null;
  ticketId: string | null;
  requestedStatus: TicketStatus | null;
  bsgTicketId: string | null;
  branchComplaintNumber: string | null;
}

/** A ticket and its submissions at one time. */
export interface Look extends Timed {
  /** Status that the vendor holds. Undefined: it has changed meanwhile. */
  actual: string | undefined;
  status: TicketStatus | null;
  statusInDoubt: TicketStatus | null;
  rows: Row[];
}

export interface Ticket {
  /** Looks at it, the last one when everything is quiet. Null: no ticket. */
  looks: (Look | null)[];
  /** Marker of its create. */
  marker?: string;
  /** Look at it after its status was set once more, when all that was in doubt is over. */
  lastLook?: Look | null;
}

export interface Log {
  engine: Engine;
  faults: readonly Fault[];
  happened: (Timed & { fault: Fault })[];
  requests: Map<string, Request>;
  tickets: Map<string, Ticket>;
  /** Markers of updates that the vendor executes no more, because their 15 minutes are over by the test's clock, and ids of tickets that grow older now. */
  over: Set<string>;
  /** Ids of submissions whose outcome the ledger did not take at once, and of those whose owner was taken for dead, by the events. */
  announced: ReadonlySet<string>;
  orphaned: Set<string>;
  /** Time at which everything was quiet, before an operator closed the doubts. */
  quietAt: number;
}

export const markerOf = (row: Pick<Row, "bsgTicketId" | "branchComplaintNumber">) =>
  row.bsgTicketId ?? `model-request-${row.branchComplaintNumber}`;

export const markerIn = (body: string) => /model-request-\d+/.exec(body)?.[0] ?? "";

export const ticketIn = ({ tickets }: Log, id: string): Ticket =>
  tickets.getOrInsertComputed(id, () => ({ looks: [] }));

/** Writes Sociomile's word for a status as this service does. */
export const codeOf = (actual: string) => actual.replace(/(?<=[a-z])(?=[A-Z])/, "_").toUpperCase();
