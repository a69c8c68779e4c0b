import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { listen } from "../../http/server.ts";
import { BY, UsageError, form, matching } from "../arguments.ts";
import { createCommand } from "../command.ts";
import { pageFor } from "./server.ts";

const DEFAULT_PORT = "4003";

export const page = createCommand(
  form(
    "page",
    "Serves a page for operators on this machine alone, until the command ends. `npm run dev` has it at /operators.",
  )
    .requiredOption(...BY)
    .option("--port <port>", `its port; else ${DEFAULT_PORT}`, matching(/^\d{1,5}$/, "the number of a port"))
    .option("--read-only", "show no actions"),
  ({ by, port = DEFAULT_PORT, readOnly }, _, line) =>
    async (opened) => {
      await (await opened.ledger.open()).close(); // refuses here what every request would be refused
      const [host, path, token] = [6, 12, 32].map((bytes) => randomBytes(bytes).toString("hex"));
      // A new origin: what others served at this port before, such as a service worker, or serve at other ports, cannot reach the page.
      const own = new URL(`http://operator-${host}.localhost/${path}/?token=${token}`);
      const serve = pageFor(opened, line, { by, isReadOnly: readOnly === true, own });
      const server = await listen(serve, { host: "127.0.0.1", port: Number(port) }).catch(refusePort);
      own.port = new URL(server.url).port;
      // Browsers may look for the name here first, and nobody else is to listen.
      const second = await listen(serve, { host: "::1", port: Number(own.port) })
        .catch(unlessNoIPv6)
        .catch((error) => server.close().then(() => Promise.reject(error as UsageError)));
      console.error(`Open ${own.href} once. The page closes with this command (Ctrl-C).`);
      await stopped();
      await Promise.all([server.close(), second?.close()]);
      return { text: "The page is closed.", data: {} };
    },
);

function refusePort({ code }: NodeJS.ErrnoException): never {
  throw new UsageError(`--port: The port cannot be used (${code}).`);
}

function unlessNoIPv6(error: NodeJS.ErrnoException): null {
  return /^EADDRNOTAVAIL$|^EAFNOSUPPORT$/.test(error.code ?? "") ? null : refusePort(error);
}

/** Resolves at a signal. In a pod no signal arrives when `kubectl exec` is gone, but standard input ends. */
async function stopped(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal));
  if (!process.stdin.isTTY) signals.push(once(process.stdin.resume(), "end"));
  await Promise.race(signals);
  process.stdin.destroy();
}
