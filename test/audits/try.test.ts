import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { parse } from "yaml";
import { startBuild } from "../support/build.ts";
import { clientOf, postQuery } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

/** Ports in the files, which the test replaces by free ones: service, management, sandbox, issuer. */
const PORTS = ["4001", "9464", "4002", "4003"];

// The containers of "Try it on one machine", as processes of this machine: the same commands, settings, secrets and files. No package is there.
test("Compose's profile try MUST open a ticket without Sociomile and without an issuer of the bank, with the files of the image, and the sandbox beside it", async () => {
  await using ledger = await placeFor("PostgreSQL");
  await using parts = await partsOfCompose(ledger.url);
  parts.start("subgraph");
  parts.start("sandbox");
  parts.start("issuer");
  const isReady = async () => (await fetch(parts.address("9464", "/readyz")).catch(() => null))?.ok;
  await vi.waitUntil(isReady, { timeout: 60_000 });

  const command = /exec issuer (node issuer\.ts --token)\)/.exec(repositoryText("deploy/README.md"))?.[1];
  const token = await parts.run("issuer", command!.split(" "));
  const headers = { "router-authorization": parts.secret("router-secret"), authorization: `Bearer ${token}` };
  const client = clientOf(parts.address("4001", "/graphql"), headers);
  const { payload, errors } = await mutate(client, "createHelpdeskTicket");
  const nobody = clientOf(client.url, { ...headers, authorization: "" });
  const stranger = await postQuery(nobody, "{ ticket(id: 1) { id } }");

  expect(errors).toBeUndefined();
  expect(payload).toMatchObject({ ticket: { id: expect.any(String) }, problems: [] });
  expect(stranger.errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
});

/** Reads compose.yaml with the settings of the try. `ledgerUrl` takes the place of its PostgreSQL. */
async function partsOfCompose(ledgerUrl: string) {
  const opened = new AsyncDisposableStack();
  const { directory } = opened.use(temporaryFiles());
  const image = join(directory, "app");
  for (const file of ["dist", "package.json"]) cpSync(join(ROOT, file), join(image, file), { recursive: true });
  cpSync(join(ROOT, "deploy/try/issuer.ts"), join(image, "issuer.ts")); // Compose mounts it there
  mkdirSync(join(directory, "secrets"));
  cpSync(join(ROOT, "deploy/secrets.sh"), join(directory, "secrets.sh"));
  const ports = new Map(await Promise.all(PORTS.map(async (port) => [port, await freePort()] as const)));
  const { services } = parse(repositoryText("deploy/compose.yaml")) as {
    services: Record<string, { command: string[]; environment?: Record<string, string> }>;
  };
  const dockerfile = repositoryText("deploy/Dockerfile");
  const settings = parseEnv(repositoryText("deploy/try/settings.env"));
  const path = [join(ROOT, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
  const run = promisify(execFile);
  await run("bash", [join(directory, "secrets.sh"), "--try"], { env: { PATH: path } });

  return {
    start(name: string): void {
      const [program, ...args] = commandOf(name);
      expect(program).toBe("node");
      opened.use(startBuild(environmentOf(name), args, { cwd: image }));
    },
    async run(name: string, [program, ...args]: string[]) {
      const { stdout } = await run(program!, args, { cwd: image, env: environmentOf(name) });
      return stdout.trim();
    },
    address: (port: string, at: string) => `http://127.0.0.1:${ports.get(port)}${at}`,
    secret: (name: string) => readFileSync(join(directory, "secrets", name), "utf8").trim(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };

  /** A text of Compose as it is on this machine: with its variables, paths and ports. */
  function here(text: string): string {
    let placed = text
      .replaceAll(/\$\{(\w+):-(.*?)\}/g, (_, name: string, otherwise: string) => settings[name] ?? otherwise)
      .replaceAll("$$", "$")
      .replaceAll("/run/secrets", join(directory, "secrets"))
      .replace("/etc/sociomile-ca", join(ROOT, "deploy"))
      .replace("/sandbox/", join(ROOT, "sandbox/")); // Compose mounts it there
    for (const [port, free] of ports) placed = placed.replaceAll(new RegExp(`\\b${port}\\b`, "g"), String(free));
    return placed;
  }

  function commandOf(name: string): string[] {
    const ofImage = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)![1]!) as string[];
    return (services[name]!.command ?? ofImage).map(here);
  }

  function environmentOf(name: string): Record<string, string> {
    const { DATABASE_URL_FILE: _, ...set } = services[name]!.environment ?? {};
    const placed = Object.entries(set).map(([key, value]) => [key, here(value)]);
    return {
      PATH: path,
      ...(Object.fromEntries(placed) as Record<string, string>),
      ...(name === "subgraph" && {
        HOST: "127.0.0.1",
        PORT: here("4001"),
        MANAGEMENT_PORT: here("9464"),
        DATABASE_URL: ledgerUrl,
        DRAIN_LAG_MS: "0",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", // traces have packages of their own
      }),
    };
  }
}
