import { inject } from "vitest";
import { FaultyNetwork, type MessageReader } from "./faulty-network.ts";
import { placeFor } from "./ledgers.ts";
import { type LedgerSettings, openAt } from "./opened.ts";
import { startPgBouncer } from "./pgbouncer.ts";
import { sqlOn } from "./sql.ts";

/** Address of a database behind a network whose faults a test controls. */
export interface FaultyWay {
  url: string;
  network: FaultyNetwork;
}

/** An empty database of PostgreSQL that is dropped at the end. `directUrl`: its address without faults. */
export type FaultyDatabase = Awaited<ReturnType<typeof faultyDatabase>>;

/** Place of a PgBouncer: true at the end of the faulty network, beside PostgreSQL; or before it, so that it loses its servers itself. */
export type Pooled = boolean | "at the beginning";

/**
 * Reads the statements that a client sends to PostgreSQL, from the messages Query and Parse
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). For clients that do not ask for TLS.
 */
const postgresStatements: MessageReader = () => {
  let pending = Buffer.alloc(0);
  let typeBytes = 0; // the first message of a connection has no type
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const statements: string[] = [];
    while (pending.length >= typeBytes + 4) {
      const end = typeBytes + pending.readInt32BE(typeBytes);
      if (pending.length < end) break;
      const type = typeBytes === 0 ? "" : String.fromCharCode(pending[0]!);
      const [first = "", second = ""] = pending.toString("utf8", typeBytes + 4, end).split("\0");
      if (type === "Q") statements.push(first);
      if (type === "P") statements.push(second); // follows the name of the prepared statement
      pending = pending.subarray(end);
      typeBytes = 1;
    }
    return statements;
  };
};

/** Makes a database on the PostgreSQL at `server`, with `ways` ways to it. */
export async function faultyDatabase(
  server: string,
  { ways: count = 1, pooled = false }: { ways?: number; pooled?: Pooled } = {},
) {
  await using opening = new AsyncDisposableStack();
  const { url: directUrl } = opening.use(await placeFor("PostgreSQL", server));
  let port = Number(new URL(directUrl).port);
  if (pooled === true) ({ port } = opening.use(await startPgBouncer(port)));
  const ways: FaultyWay[] = [];
  while (ways.length < count) {
    const network = opening.use(await FaultyNetwork.to({ port, messages: postgresStatements }));
    const url = new URL(directUrl);
    const pooler = pooled === "at the beginning" ? opening.use(await startPgBouncer(network.port)) : network;
    url.port = String(pooler.port);
    ways.push({ url: url.href, network });
  }
  return Object.assign(opening.move(), { directUrl, ways });
}

/** Opens a ledger behind a network with faults, and another connection without them. `place`: its address without them. */
export async function openBehindFaults(settings: LedgerSettings = {}, pooled: Pooled = false) {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await faultyDatabase(inject("postgresUrl"), { pooled }));
  const { url, network } = database.ways[0]!;
  const place = { url: database.directUrl };
  const { ledger, events } = opening.use(await openAt({ url }, settings));
  const sql = opening.use(await sqlOn(place));
  return Object.assign(opening.move(), { place, url, network, ledger, events, sql });
}
