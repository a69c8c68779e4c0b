import DataLoader from "dataloader";
import { type Limiter, takeTurn } from "../limiter.ts";
import type { HistoryPage, Ledger, SubmissionKey, SubmissionQuery } from "../tickets/ports.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import type { Budget } from "./budget.ts";
import { PublicError } from "./public-error.ts";

const IDS_PER_READ = 100;
/** Time before the deadline of a request in which it begins no read, and none of its changes' results: that may take a second more. Milliseconds. */
const LAST_MS = { reads: 1500, ofChanges: 850 } as const;

/** Bounds the reads of all requests together. */
export interface ReadLimiters {
  /** Requests that hold tickets or submissions, from their first read until their answers. */
  readers: Limiter;
  /** Lists, each of which may look through the whole ledger. */
  lists: Limiter;
  turns: Limiter;
}

interface ReadOptions extends ReadLimiters {
  ledger: Ledger;
  clientId: string;
  /** Deadline of the request. Milliseconds of the monotonic clock. */
  deadline: number;
  budget: Budget;
}

/**
 * Reads of one operation. They happen one after another, each in a turn of the event loop of its own, so that no more is held than the budget allows
 * and others are served meanwhile: with SQLite a read ends in the turn in which it begins. After a failure nothing is read.
 */
export class Reads {
  readonly #options: ReadOptions;
  /** Time after which no read begins. */
  #until: number;
  #last: Promise<unknown> = Promise.resolve();
  /** Place among the readers. Null: the operation has none. */
  #place: Disposable | null = null;
  #loaders: Loaders | null = null;
  #isOver = false;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#until = options.deadline - LAST_MS.reads;
  }

  /** Loaders since the last change. They are made when somebody asks: a create reads nothing. Each reads a key once, and many keys with one statement. */
  get loaders(): Loaders {
    return (this.#loaders ??= createLoaders(this, this.#options));
  }

  findByKey(key: SubmissionKey): Promise<Submission | null> {
    return this.inTurn(() => this.#options.ledger.findByKey(key));
  }

  /** Reads in the place that the operation keeps until its answer. */
  inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    return this.#next(async () => {
      this.#place ??= await this.#enter(this.#options.readers);
      return this.#begin(read);
    });
  }

  /** Reads a list in a place of its own, because it may look through the whole ledger. */
  list(query: SubmissionQuery): Promise<Submission[]> {
    return this.#next(async () => {
      this.#leave();
      using _ = await this.#enter(this.#options.lists);
      return await this.#begin(() => this.#options.ledger.list(query));
    });
  }

  async ticketsByReference(reference: TicketReference): Promise<Ticket[]> {
    const { tickets, ticketIdsByReference } = this.loaders;
    const ids = await ticketIdsByReference.load(reference);
    const found = await Promise.all(ids.map((id) => tickets.load(id)));
    return found.filter((ticket) => ticket !== null);
  }

  /** Lets others read during a change, or throws OVERLOADED. What was read before it may be read again. */
  async beside<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#leave();
    this.#readAnew();
    this.#until = this.#options.deadline - LAST_MS.ofChanges; // a change that was sent is shown
    return change().finally(() => this.#readAnew());
  }

  [Symbol.dispose](): void {
    this.#isOver = true; // graphql-js may have let go of reads that still wait
    this.#giveBack();
  }

  #next<Result>(read: () => Promise<Result>): Promise<Result> {
    const reading = this.#last.then(read).finally(() => this.#options.budget.check());
    this.#last = reading;
    reading.catch(() => {}); // the next read fails with it
    return reading;
  }

  async #begin<Result>(read: () => Promise<Result>): Promise<Result> {
    const { turns, clientId } = this.#options;
    if (!(await takeTurn(turns, clientId, this.#leftMs()))) throw new PublicError("OVERLOADED");
    return read();
  }

  async #enter(places: Limiter): Promise<Disposable> {
    const place = await places.hold(this.#options.clientId, this.#leftMs());
    if (typeof place === "string") throw new PublicError("OVERLOADED");
    if (!this.#isOver) return place;
    place[Symbol.dispose]();
    throw new PublicError("OVERLOADED");
  }

  #leftMs(): number {
    return this.#until - performance.now();
  }

  /** Gives the place back during a wait. Throws OVERLOADED when requests that wait hold too much. */
  #leave(): void {
    this.#giveBack();
    if (this.#isOver || !this.#options.budget.holdAnswer()) throw new PublicError("OVERLOADED");
  }

  #giveBack(): void {
    this.#place?.[Symbol.dispose]();
    this.#place = null;
  }

  #readAnew(): void {
    this.#last = Promise.resolve();
    this.#loaders = null;
  }
}

type Loaders = ReturnType<typeof createLoaders>;

function createLoaders(reads: Reads, { ledger, budget: { room } }: ReadOptions) {
  const loaderOf = <Key, Value>(
    read: (keys: readonly Key[]) => Promise<Value[]>,
    cacheKeyFn = (key: Key) => String(key),
  ) =>
    new DataLoader((keys: readonly Key[]) => reads.inTurn(() => read(keys)), {
      maxBatchSize: IDS_PER_READ,
      cacheKeyFn,
    });
  return {
    tickets: loaderOf((ids: readonly string[]) => ledger.tickets(ids, room)),
    submitted: loaderOf((ids: readonly string[]) => ledger.submitted(ids, room)),
    submissions: loaderOf((ids: readonly string[]) => Promise.all(ids.map((id) => ledger.find(id)))),
    resolutions: loaderOf((ids: readonly string[]) => ledger.resolutions(ids)),
    histories: loaderOf(
      (pages: readonly HistoryPage[]) => ledger.histories(pages),
      ({ ticketId, first, after }) => `${first} ${after} ${ticketId}`,
    ),
    ticketIdsByReference: loaderOf(
      (references: readonly TicketReference[]) => ledger.ticketIdsByReference(references),
      ({ type, value }) => `${type} ${value}`,
    ),
  };
}
