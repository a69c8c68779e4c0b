import { basename } from "node:path";
import { afterEach, beforeEach, inject } from "vitest";
import { LEASE_MS } from "../../src/config/config.ts";
import { openLedger } from "../../src/ledger/open.ts";
import type { Retention } from "../../src/ledger/retention.ts";
import type { EventName } from "../../src/telemetry/events.ts";
import { type Engine, LEDGER_KEY, type LedgerPlace, placeFor, postgresDatabase } from "./ledgers.ts";
import { startedAgain } from "./patience.ts";
import { sqlOn } from "./sql.ts";

export { ENGINES, type Engine, LEDGER_KEY, type LedgerPlace, placeFor } from "./ledgers.ts";

export type Opened = Omit<Awaited<ReturnType<typeof openAt>>, "wasMade">;

export interface Event {
  event: EventName;
  [field: string]: unknown;
}

export interface LedgerSettings {
  leaseMs?: number;
  keys?: readonly Uint8Array[];
  retention?: Partial<Retention>;
  maxQueued?: number;
  events?: Event[];
  /** False: a start that gets no answer in time is not repeated. */
  isPatient?: boolean;
}

/** Opens a ledger without a service around it. `wasMade`: this is its first start, which no event reports of the list. */
export async function openAt({ url }: Pick<LedgerPlace, "url">, settings: LedgerSettings = {}) {
  const { leaseMs = LEASE_MS, keys = [LEDGER_KEY], retention, isPatient = true } = settings;
  const queue = { max: settings.maxQueued ?? 10_000, deliverWithinMs: 72 * 3_600_000 };
  const { events = [] } = settings;
  let wasMade = false;
  const start = () =>
    openLedger(
      { url, keys },
      { leaseMs, queue, retention: { submissionDays: 30, ticketDays: 400, ...retention } },
      (event, fields) => {
        if (event === "ledger.made") wasMade = true;
        else events.push({ event, ...fields });
      },
    );
  const ledger = await (isPatient ? startedAgain(start) : start());
  return { ledger, events, wasMade, [Symbol.asyncDispose]: () => ledger.close() };
}

export type OpenedPlace = Omit<Awaited<ReturnType<typeof openOn>>, "wasMade">;

/** Name of a database with an empty ledger, which this process makes once: on PostgreSQL a copy takes half the time of a new one. */
let template: Promise<string> | undefined;
async function makeTemplate(): Promise<string> {
  const { url } = await placeFor("PostgreSQL"); // it leaves with the PostgreSQL of the tests
  await (await openAt({ url })).ledger.close();
  return basename(url);
}

/** Makes the place of an empty ledger that was started before. */
export async function startedPlaceFor(engine: Engine): Promise<LedgerPlace> {
  if (engine === "SQLite") return placeFor(engine);
  return postgresDatabase(inject("postgresUrl"), await (template ??= makeTemplate()));
}

/** Opens an empty ledger of this engine, and another connection to it. */
export async function openOn(engine: Engine, settings: LedgerSettings = {}) {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await startedPlaceFor(engine));
  const opened = opening.use(await openAt(place, settings));
  const sql = opening.use(await sqlOn(place));
  const moved = opening.move();
  return { ...opened, place, sql, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Makes a ledger that no process uses, and a connection to it. It is its own address. */
export async function closedOn(engine: Engine) {
  await using opening = new AsyncDisposableStack();
  const { url } = opening.use(await startedPlaceFor(engine));
  if (engine === "SQLite") await (await openAt({ url })).ledger.close();
  const sql = opening.use(await sqlOn({ url }));
  return Object.assign(opening.move(), { url, sql });
}

/** Opens an empty ledger of this engine for each test of a describe. What this returns stands for that of the test which runs. */
export function ledgerForEach(engine: Engine, settings: LedgerSettings = {}): OpenedPlace {
  let opened: OpenedPlace;
  const events: OpenedPlace["events"] = [];
  const close = () => opened[Symbol.asyncDispose]();
  beforeEach(async () => {
    events.length = 0;
    opened = await openOn(engine, { ...settings, events });
  });
  afterEach(close);
  return {
    ledger: standingFor(() => opened.ledger),
    sql: standingFor(() => opened.sql),
    place: standingFor(() => opened.place),
    events,
    [Symbol.asyncDispose]: close,
  };
}

/** Makes an object whose members are those of another one, which is known later. */
function standingFor<Real extends object>(real: () => Real): Real {
  const get = (_: object, name: string | symbol): unknown => {
    const member: unknown = Reflect.get(real(), name);
    return typeof member === "function" ? (member.bind(real()) as unknown) : member;
  };
  return new Proxy({}, { get }) as Real;
}
