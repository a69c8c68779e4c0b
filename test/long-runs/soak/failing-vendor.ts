import { type Received, startSandbox } from "../../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";

/** How the vendor fails: nobody listens on its port; or it executes what comes, and never answers. */
export const OUTAGES = ["refuses", "hangs"] as const;
export type Outage = (typeof OUTAGES)[number];

/** How long it takes on good days, in milliseconds. */
const ANSWER_MS = 100;

export interface FailingVendor extends AsyncDisposable {
  url: string;
  fail(how: Outage): Promise<void>;
  /** On the same port as before. What hung until now hangs on. */
  recover(): Promise<void>;
  /** All that ever came. */
  received(): Received[];
}

export async function startFailingVendor(): Promise<FailingVendor> {
  // Below the ports that systems give away by themselves, so that it is free when the vendor comes back.
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const start = async () => {
    const started = await startSandbox({ port, secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
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
