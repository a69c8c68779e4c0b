import { parseArgs } from "node:util";
import { startSandbox } from "./server.ts";

const USAGE = "usage: npm run sandbox -- --secret SECRET [--port PORT]";

/** Exit codes EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;

try {
  const { help, secret, port } = parseArgs({
    options: {
      help: { type: "boolean" },
      secret: { type: "string" },
      port: { type: "string", default: "4002" },
    },
  }).values;
  if (help) console.log(USAGE);
  else if (!secret) throw new Error("--secret is missing");
  else await serve(secret, Number(port));
} catch (error) {
  const { code = "", message, port } = error as NodeJS.ErrnoException & { port?: number };
  // Codes of Node itself are about the arguments, those of the system about the port.
  const isUsage = code === "" || code.startsWith("ERR_");
  const reason = code === "EADDRINUSE" ? "it is already in use" : code;
  console.error(isUsage ? `${USAGE}\n\n${message}` : `Port ${port} (--port) cannot be opened: ${reason}.`);
  process.exitCode = isUsage ? EX_USAGE : EX_UNAVAILABLE;
}

async function serve(secret: string, port: number): Promise<void> {
  const sandbox = await startSandbox({ secret, port, checksIds: true });
  console.log(sandbox.url);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close());
}
