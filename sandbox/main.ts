import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MOODS, isMood } from "./moods.ts";
import { startSandbox } from "./server.ts";

const USAGE = `usage: npm run sandbox -- --secret SECRET | --secret-file FILE [--port PORT] [--mood MOOD]

moods: ${Object.keys(MOODS).join(", ")}`;

/** Exit codes EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;

await start().catch((error: NodeJS.ErrnoException & { port?: number }) => {
  const { code = "", message, port } = error;
  // Codes of Node itself are about the arguments, those of the system about the port.
  const isUsage = code === "" || code.startsWith("ERR_");
  const reason = code === "EADDRINUSE" ? "it is already in use" : code;
  console.error(isUsage ? `${USAGE}\n\n${message}` : `Port ${port} (--port) cannot be opened: ${reason}.`);
  process.exitCode = isUsage ? EX_USAGE : EX_UNAVAILABLE;
});

async function start(): Promise<void> {
  const { help, port, mood, ...given } = parseArgs({
    options: {
      help: { type: "boolean" },
      secret: { type: "string" },
      "secret-file": { type: "string" }, // others see arguments, and not files
      port: { type: "string", default: "4002" },
      mood: { type: "string", default: "well" },
    },
  }).values;
  if (help) return console.log(USAGE);
  const secret = given.secret ?? secretIn(given["secret-file"]);
  if (!secret) throw new Error("--secret is missing");
  if (!isMood(mood)) throw new Error(`--mood ${mood} is unknown`);
  const sandbox = await startSandbox({ secret, port: Number(port), mood });
  console.log(sandbox.url);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close());
}

/** Reads the secret in a file, when one is given. Throws for one that cannot be read. */
function secretIn(file: string | undefined): string | undefined {
  try {
    return file && readFileSync(file, "utf8").trim();
  } catch {
    throw new Error("--secret-file must name a file that can be read");
  }
}
