import { parseArgs } from "node:util";
import { MOODS, isMood } from "./moods.ts";
import { startSandbox } from "./server.ts";

const USAGE = `usage: npm run sandbox -- --secret SECRET [--port PORT] [--mood MOOD]

moods:
${Object.entries(MOODS)
  .map(([mood, { meaning }]) => `  ${mood.padEnd(16)} ${meaning}`)
  .join("\n")}
`;

/** Exit codes EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;

const args = process.argv.slice(2);
if (args.includes("--help")) console.log(USAGE);
else
  try {
    await run(optionsIn(args));
  } catch (error) {
    console.error(`${USAGE}\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EX_USAGE;
  }

/** Reads the options of a command line. Throws a sentence when they are wrong. */
function optionsIn(given: string[]) {
  const { secret, port, mood } = parseArgs({
    args: given,
    options: {
      secret: { type: "string", default: "" },
      port: { type: "string", default: "4002" },
      mood: { type: "string", default: "well" },
    },
  }).values;
  if (secret === "") throw new Error("--secret is required");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`--port ${port} is not a port`);
  if (!isMood(mood)) throw new Error(`--mood ${mood} is not a mood`);
  return { secret, port: Number(port), mood };
}

async function run(options: ReturnType<typeof optionsIn>): Promise<void> {
  try {
    const sandbox = await startSandbox({ ...options, checksIds: true });
    console.log(sandbox.url);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "it is already in use" : code;
    console.error(`Port ${options.port} (--port) cannot be opened: ${reason}.`);
    process.exitCode = EX_UNAVAILABLE;
  }
}
