import { setImmediate } from "node:timers/promises";
import DataLoader from "dataloader";
import type {
  ChangedSubmission,
  ChangesQuery,
  HistoryPage,
  Ledger,
  SubmissionCount,
  SubmissionFilter,
  SubmissionKey,
  SubmissionQuery,
} from "../tickets/ports.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { Submission } from "../tickets/submission.ts";
import { LONG_TEXTS, type Ticket } from "../tickets/ticket.ts";
import type { OperationRecord } from "./operation-log.ts";
import { PublicError } from "./public-error.ts";

/** Ids that one statement reads: a hundred of the largest tickets would need 70 MiB. */
const IDS_PER_READ = 50;
/** Time before the deadline of a request in which no read begins. Milliseconds. */
const LAST_MS = { reads: 1500, ofChanges: 850 } as const;

interface ReadOptions {
  ledger: Ledger;
  record: OperationRecord;
  /** Deadline of the request. Milliseconds of the monotonic clock. */
  deadline: number;
}

/** Reads of one operation, each in its own iteration of the event loop, because SQLite blocks. A failure ends them. */
export class Reads {
  readonly #options: ReadOptions;
  /** Time after which no read begins. */
  #until: number;
  #last: Promise<unknown> = Promise.resolve();
  #loaders: Loaders | null = null;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#until = options.deadline - LAST_MS.reads;
  }

  /** Loaders since the last change, made when they are used: a create reads nothing. Each reads many keys with one statement. */
  get loaders(): Loaders {
    return (this.#loaders ??= createLoaders(this, this.#options));
  }

  list(query: SubmissionQuery): Promise<Submission[]> {
    return this.next(() => this.#options.ledger.list(query));
  }

  changes(query: ChangesQuery): Promise<ChangedSubmission[]> {
    return this.next(() => this.#options.ledger.changes(query));
  }

  count(filter: SubmissionFilter): Promise<SubmissionCount[]> {
    return this.next(() => this.#options.ledger.count(filter));
  }

  /** Reads in a later iteration of the event loop. */
  next<Result>(read: () => Promise<Result>): Promise<Result> {
    const reading = this.#last.then(async () => {
      await setImmediate();
      if (performance.now() > this.#until) throw new PublicError("OVERLOADED");
      return read();
    });
    this.#last = reading;
    reading.catch(() => {}); // the next read fails with it
    return reading;
  }

  /** Changes something. What was read before may be read again. */
  async beside<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#readAnew();
    this.#until = this.#options.deadline - LAST_MS.ofChanges; // a change that was sent is shown
    return change().finally(() => this.#readAnew());
  }

  #readAnew(): void {
    this.#last = Promise.resolve();
    this.#loaders = null;
  }
}

type Loaders = ReturnType<typeof createLoaders>;

const keyOf = (key: object) => JSON.stringify(key);

function createLoaders(reads: Reads, { ledger, record }: ReadOptions) {
  const loaderOf = <Key, Value>(read: (keys: readonly Key[]) => Promise<Value[]>, cacheKeyFn?: (key: Key) => string) =>
    new DataLoader((keys: readonly Key[]) => reads.next(() => read(keys)), {
      maxBatchSize: IDS_PER_READ,
      ...(cacheKeyFn && { cacheKeyFn }),
    });
  const unasked = [...LONG_TEXTS].filter((name) => !record.facts.texts.has(name));
  const absent = Object.fromEntries(unasked.map((name) => [name, null]));
  const withoutUnasked = <Texts extends object>(all: (Texts | null)[]) =>
    all.map((each) => each && Object.assign(each, absent)); // texts of a whole page would need much memory
  const loaders = {
    tickets: loaderOf(async (ids: readonly string[]) => withoutUnasked(await ledger.tickets(ids))),
    submitted: loaderOf(async (ids: readonly string[]) => withoutUnasked(await ledger.submitted(ids))),
    submittedBy: loaderOf(async (ids: readonly string[]) => withoutUnasked(await ledger.submittedBy(ids))),
    submissions: loaderOf((ids: readonly string[]) => Promise.all(ids.map((id) => ledger.find(id)))),
    actions: loaderOf((ids: readonly string[]) => ledger.actionsOf(ids)),
    histories: loaderOf((pages: readonly HistoryPage[]) => ledger.histories(pages), keyOf),
    ticketIds: loaderOf((all: readonly TicketReference[]) => ledger.ticketIdsByReference(all), keyOf),
  };
  return {
    ...loaders,
    findByKey: (key: SubmissionKey) => reads.next(() => ledger.findByKey(key)),
    async ticketsByReference(reference: TicketReference): Promise<Ticket[]> {
      const ids = await loaders.ticketIds.load(reference);
      const found = await Promise.all(ids.map((id) => loaders.tickets.load(id)));
      return found.filter((ticket) => ticket !== null);
    },
  };
}
