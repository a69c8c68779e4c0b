import { afterEach, beforeEach } from "vitest";
import type { Engine } from "./ledgers.ts";
import { type LedgerSettings, type OpenedPlace, openOn } from "./opened.ts";

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
