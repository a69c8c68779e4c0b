import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MOODS, isMood } from "./moods.ts";
import { startSandbox } from "./server.ts";

const USAGE = `usage: npm run sandbox -- --secret SECRET | --secret-file FILE [--port PORT] [--mood MOOD] [--like REHEARSAL]

moods: ${Object.keys(MOODS).join(", ")}`;

/** Exit codes EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;

try {
  const {
    help,
    "secret-file": file,
    secret = file && textIn("--secret-file", file).trim(),
    port,
    mood,
    like,
  } = parseArgs({
    options: {
      help: { type: "boolean" },
      secret: { type: "string" },
      "secret-file": { type: "string" }, // others see arguments, and not files
      port: { type: "string", default: "4002" },
      mood: { type: "string", default: "well" },
      like: { type: "string" },
    },
  }).values;
  if (help) console.log(USAGE);
  else if (!secret) throw new Error("--secret is missing");
  else if (!isMood(mood)) throw new Error(`--mood ${mood} is unknown`);
  else {
    const sandbox = await startSandbox({
      secret,
      port: Number(port),
      mood,
      checksIds: true,
      like: like === undefined ? null : textIn("--like", like),
    });
    console.log(sandbox.url);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close());
  }
} catch (error) {
  const { code = "", message, port } = error as NodeJS.ErrnoException & { port?: number };
  // Codes of Node itself are about the arguments, those of the system about the port.
  const isUsage = code === "" || code.startsWith("ERR_");
  const reason = code === "EADDRINUSE" ? "it is already in use" : code;
  console.error(isUsage ? `${USAGE}\n\n${message}` : `Port ${port} (--port) cannot be opened: ${reason}.`);
  process.exitCode = isUsage ? EX_USAGE : EX_UNAVAILABLE;
}

/** Reads a file. Throws for one that cannot be read. */
function textIn(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Error(`${option} must name a file that can be read`);
  }
}
