import DataLoader from "dataloader";
import { type Limiter, takeTurn } from "../limiter.ts";
import type {
  HistoryPage,
  Ledger,
  SubmissionCount,
  SubmissionFilter,
  SubmissionKey,
  SubmissionQuery,
} from "../tickets/ports.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket } from "../tickets/ticket.ts";
import type { Budget } from "./budget.ts";
import { PublicError } from "./public-error.ts";

const IDS_PER_READ = 100;
/** Time before the deadline of a request in which no read begins, neither for a query nor for the results of a change. Milliseconds. */
const LAST_MS = { reads: 1500, ofChanges: 850 } as const;

/** Limits of the reads of all requests together. */
export type ReadLimiters = Record<"readers" | "lists" | "turns", Limiter>;

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
  /** One of the readers, which the operation holds until its answer. */
  #reader: Disposable | null = null;
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

  /** Reads as one of the readers, until the answer. */
  inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    return this.#next(async () => {
      this.#reader ??= await this.#wait(this.#options.readers);
      return null;
    }, read);
  }

  list(query: SubmissionQuery): Promise<Submission[]> {
    return this.#search(() => this.#options.ledger.list(query));
  }

  count(filter: SubmissionFilter): Promise<SubmissionCount[]> {
    return this.#search(() => this.#options.ledger.count(filter));
  }

  /** Reads what may look through the whole ledger, while the operation is no reader. */
  #search<Result>(read: () => Promise<Result>): Promise<Result> {
    return this.#next(async () => {
      this.#leave();
      return this.#wait(this.#options.lists);
    }, read);
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

  #next<Result>(enter: () => Promise<Disposable | null>, read: () => Promise<Result>): Promise<Result> {
    const { turns, clientId, budget } = this.#options;
    const reading = this.#last
      .then(async () => {
        using _ = await enter();
        if (!(await takeTurn(turns, clientId, this.#leftMs()))) throw new PublicError("OVERLOADED");
        return await read();
      })
      .finally(() => budget.check());
    this.#last = reading;
    reading.catch(() => {}); // the next read fails with it
    return reading;
  }

  async #wait(limiter: Limiter): Promise<Disposable> {
    const held = await limiter.hold(this.#options.clientId, this.#leftMs());
    if (typeof held === "object" && !this.#isOver) return held;
    if (typeof held === "object") held[Symbol.dispose]();
    throw new PublicError("OVERLOADED");
  }

  #leftMs(): number {
    return this.#until - performance.now();
  }

  /** Lets others read during a wait. Throws OVERLOADED when requests that wait hold too much. */
  #leave(): void {
    this.#giveBack();
    if (this.#isOver || !this.#options.budget.holdAnswer()) throw new PublicError("OVERLOADED");
  }

  #giveBack(): void {
    this.#reader?.[Symbol.dispose]();
    this.#reader = null;
  }

  #readAnew(): void {
    this.#last = Promise.resolve();
    this.#loaders = null;
  }
}

type Loaders = ReturnType<typeof createLoaders>;

const keyOf = (key: object) => JSON.stringify(key);

function createLoaders(reads: Reads, { ledger, budget: { room } }: ReadOptions) {
  const loaderOf = <Key, Value>(
    read: (keys: readonly Key[]) => Promise<Value[]>,
    cacheKeyFn?: (key: Key) => string,
  ) =>
    new DataLoader((keys: readonly Key[]) => reads.inTurn(() => read(keys)), {
      maxBatchSize: IDS_PER_READ,
      ...(cacheKeyFn && { cacheKeyFn }),
    });
  const loaders = {
    tickets: loaderOf((ids: readonly string[]) => ledger.tickets(ids, room)),
    submitted: loaderOf((ids: readonly string[]) => ledger.submitted(ids, room)),
    submittedBy: loaderOf((ids: readonly string[]) => ledger.submittedBy(ids, room)),
    submissions: loaderOf((ids: readonly string[]) => Promise.all(ids.map((id) => ledger.find(id)))),
    actions: loaderOf((ids: readonly string[]) => ledger.actionsOf(ids)),
    histories: loaderOf((pages: readonly HistoryPage[]) => ledger.histories(pages), keyOf),
    ticketIds: loaderOf((all: readonly TicketReference[]) => ledger.ticketIdsByReference(all), keyOf),
  };
  return {
    ...loaders,
    findByKey: (key: SubmissionKey) => reads.inTurn(() => ledger.findByKey(key)),
    async ticketsByReference(reference: TicketReference): Promise<Ticket[]> {
      const ids = await loaders.ticketIds.load(reference);
      const found = await Promise.all(ids.map((id) => loaders.tickets.load(id)));
      return found.filter((ticket) => ticket !== null);
    },
  };
}
