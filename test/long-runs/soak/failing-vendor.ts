import { type Received } from "../../../src/sandbox/server.ts";
import { freePort } from "../../support/free-port.ts";
import { openSandbox } from "../../support/vendor.ts";

/** Failures of the vendor: nobody listens on its port, or it executes requests and never answers. */
export const OUTAGES = ["refuses", "hangs"] as const;
export type Outage = (typeof OUTAGES)[number];

/** Time for an answer while it works, in milliseconds. */
const ANSWER_MS = 100;

export interface FailingVendor extends AsyncDisposable {
  url: string;
  fail(how: Outage): Promise<void>;
  /** Starts it again on the same port. Hanging requests stay unanswered. */
  recover(): Promise<void>;
  /** All requests since the start. */
  received(): Received[];
}

export async function startFailingVendor(): Promise<FailingVendor> {
  const port = await freePort(); // stays free until the vendor comes back
  const start = async () => {
    const started = await openSandbox({ port, keep: 10_000_000 });
    started.setMood("well", { delayMs: ANSWER_MS });
    return started;
  };
  const before: Received[] = [];
  let sandbox = await start();
  let isClosed = false;
  return {
    url: sandbox.url,
    async fail(how) {
      isClosed = how === "refuses";
      if (isClosed) await sandbox.close();
      else sandbox.setMood("hang");
    },
    async recover() {
      if (!isClosed) return sandbox.setMood("well", { delayMs: ANSWER_MS });
      before.push(...sandbox.received);
      sandbox = await start();
    },
    received: () => [...before, ...sandbox.received],
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}
