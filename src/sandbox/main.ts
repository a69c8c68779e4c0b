import { parseArgs } from "node:util";
import { MOODS, isMood } from "./moods.ts";
import { type SandboxOptions, startSandbox } from "./server.ts";

const USAGE = `usage: npm run sandbox -- --secret SECRET [--port PORT] [--host HOST] [--mood MOOD]

moods:
${Object.entries(MOODS)
  .map(([mood, meaning]) => `  ${mood.padEnd(16)} ${meaning}`)
  .join("\n")}
`;

/** Exit codes EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;

const args = process.argv.slice(2);
const options = optionsIn(args);
if (args.includes("--help")) {
  process.stdout.write(USAGE);
} else if (typeof options === "string") {
  process.stderr.write(`${USAGE}\n${options}\n`);
  process.exitCode = EX_USAGE;
} else {
  await run(options);
}

/** Reads the options of a command line. Returns a sentence when they are wrong. */
function optionsIn(given: string[]): SandboxOptions | string {
  try {
    const { secret, port, host, mood } = parseArgs({
      args: given,
      options: {
        secret: { type: "string", default: "" },
        port: { type: "string", default: "4002" },
        host: { type: "string", default: "127.0.0.1" },
        mood: { type: "string", default: "well" },
      },
    }).values;
    if (secret === "") return "--secret is required";
    if (!isPort(port)) return `--port ${port} is not a port`;
    if (!isMood(mood)) return `--mood ${mood} is not a mood`;
    return { secret, port: Number(port), host, mood };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

async function run(usable: SandboxOptions): Promise<void> {
  try {
    const sandbox = await startSandbox({ ...usable, checksIds: true });
    process.stdout.write(`${sandbox.url}\n`);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close());
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const reason = code === "EADDRINUSE" ? "it is already in use" : code;
    process.stderr.write(
      `Port ${usable.port} (--port) at ${usable.host} (--host) cannot be opened: ${reason}.\n`,
    );
    process.exitCode = EX_UNAVAILABLE;
  }
}
