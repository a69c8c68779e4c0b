import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { ENGINES, type Engine, LEDGER_KEY } from "../../support/ledgers.ts";
import { type Build, HERE } from "./builds.ts";
import type { Callers } from "./callers.ts";
import { postAll } from "./pool.ts";
import { type Command, type Server, startServer } from "./processes.ts";
import { type Works, graphqlWorks, serviceWorks } from "./works.ts";

const SECRET = "secret-of-the-benchmark";
const SOURCES = fileURLToPath(new URL("targets/", import.meta.url));

/** A server that is measured, with its works. Its first answer is one to the first of them. */
export interface Target extends Command {
  name: string;
  works: Works;
}

export type Running = Server & Pick<Target, "name" | "works">;

export async function startTarget(target: Target): Promise<Running> {
  const { name, works } = target;
  const [first] = Object.values(works);
  const server = await startServer(target, async (origin) => postAll(origin, await first!(origin), 1));
  return { ...server, name, works };
}

export function startSandboxProcess(): Promise<Server> {
  const command = { args: [join(SOURCES, "sandbox.ts")], env: { VENDOR_SECRET: SECRET } };
  return startServer(command, async (origin) => (await request(origin)).body.dump(), { onCore0: false });
}

/** The service with the settings of a deployment, but on loopback. No other code of the benchmark knows its settings. `callers`: in production mode. */
export function serviceOn(
  engine: string,
  vendorUrl: string,
  ledgerUrl: string,
  { build = HERE, callers = null }: { build?: Build; callers?: Callers | null } = {},
): Target {
  const dockerfile = readFileSync(join(build.root, "deploy/Dockerfile"), "utf8");
  const ofImage = [...dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name, value]) => [name!, value!]);
  return {
    name: engine + build.suffix,
    works: callers ? callers.send(serviceWorks) : serviceWorks,
    args: [join(build.root, "dist/main.js")],
    env: {
      ...(Object.fromEntries(ofImage) as Record<string, string>),
      ...(callers
        ? { APP_MODE: "production", HOST: "127.0.0.1", SOCIOMILE_ALLOW_HTTP: "yes", ...callers.env }
        : { APP_MODE: "development" }), // in which callers need no token
      MANAGEMENT_PORT: "0",
      SOCIOMILE_BASE_URL: vendorUrl,
      SOCIOMILE_CLIENT_SECRET_KEY: SECRET,
      DATABASE_URL: ledgerUrl,
      LEDGER_KEY: LEDGER_KEY.toString("base64"),
    },
  };
}

/** Targets that the service is compared with. Each is a program in the folder `targets`. */
export const PEERS = ["usual subgraph", "hand-written ledger"] as const;
type Peer = (typeof PEERS)[number];

/** A target that the service is compared with. `ledgerUrl`: for the one with a hand-written ledger, which is in SQLite. `callers`: whose tokens it verifies. */
export function peer(name: Peer, vendorUrl: string, ledgerUrl: string, callers: Callers | null): Target {
  const works: Works = { creates: graphqlWorks.helpdesk };
  return {
    name,
    works: callers ? callers.send(works) : works,
    args: [join(SOURCES, `${name.toLowerCase().replace(" ", "-")}.ts`)],
    env: {
      VENDOR_URL: vendorUrl,
      VENDOR_SECRET: SECRET,
      DATABASE_URL: ledgerUrl,
      ...callers?.env,
      NODE_COMPILE_CACHE: join(HERE.root, "dist/cache"), // as the service has it
    },
  };
}

export function isPeer(name: string): name is Peer {
  return (PEERS as readonly string[]).includes(name);
}

export function isEngine(name: string): name is Engine {
  return (ENGINES as readonly string[]).includes(name);
}
