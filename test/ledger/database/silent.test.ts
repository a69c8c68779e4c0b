import { type Socket, createServer } from "node:net";
import { expect, test } from "vitest";
import { checkLedger } from "../../../src/ledger/open.ts";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { listenOnFreePort } from "../../support/free-port.ts";
import { LEDGER_KEY } from "../../support/ledgers.ts";

/** Longest time for which somebody whom an alert has called waits for `operator check`, in milliseconds. */
const PATIENCE_MS = 20_000;

test("A check of a ledger MUST end soon when its database accepts connections and says nothing", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket));
  const url = `postgres://user:password@127.0.0.1:${await listenOnFreePort(server)}/ledger`;
  const began = performance.now();

  const checked = checkLedger({ url, keys: [LEDGER_KEY] });

  await expect(checked).rejects.toThrow(LedgerUnavailable);
  expect(performance.now() - began).toBeLessThan(PATIENCE_MS);
  for (const socket of sockets) socket.destroy();
  server.close();
});
