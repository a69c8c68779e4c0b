import { globSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { callerHeaders } from "../../deploy/auth-router/caller-headers.ts";
import { gatewayConfig as hiveThatAuthenticates } from "../../deploy/auth-router/hive-gateway.config.ts";
import { gatewayConfig } from "../../deploy/hive-gateway.config.ts";
import { readConfig } from "../../src/config/config.ts";
import { SETTINGS, type Setting } from "../../src/config/settings.ts";
import { ROOT, repositoryText } from "../support/repository.ts";

const YAML_FILES = globSync("deploy/**/*.yaml", { cwd: ROOT });

/** Longest time of a request, as documented for callers. Milliseconds. */
const TOTAL_MS = 12_000;
/** Longest time for outcomes and traces when the service stops. Milliseconds. */
const LAST_RECORDS_MS = 3000;

/** Settings by name: true where production needs them. */
const settings = new Map(
  Object.entries<Setting>(SETTINGS).map(([name, setting]) => [name, setting.default === undefined]),
);

/** Settings of the service in each way to run it. Null: from a secret of the platform. */
const environments: Record<string, Record<string, string | null>> = {
  "compose.yaml": compose().services.subgraph.environment,
  "kubernetes.yaml": Object.fromEntries(
    container().env.map(({ name, value }): [string, string | null] => [name, value ?? null]),
  ),
};

/** Paths of the settings that are files. */
function filesOf(environment: Record<string, string | null>): Set<string | null> {
  return new Set(Object.entries(environment).flatMap(([name, path]) => (name.endsWith("_FILE") ? path : [])));
}

describe("the files for deploying", () => {
  test("MUST be seen by this test: settings and YAML files", () => {
    expect(settings.size).toBeGreaterThan(20);
    expect(YAML_FILES).toHaveLength(6);
  });

  test.each(YAML_FILES)("MUST be YAML: %s", (path) => {
    const documents = [parseAllDocuments(repositoryText(path))].flat();

    expect(documents).not.toEqual([]);
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  });

  test.each(Object.entries(environments))("MUST set only settings of the service: %s", (_, environment) => {
    const unknown = Object.keys(environment).filter((name) => !settings.has(name.replace(/_FILE$/, "")));

    expect(unknown).toEqual([]);
  });

  test.each(Object.entries(environments))("MUST set every required setting: %s", (_, environment) => {
    const missing = [...settings]
      .filter(([name, required]) => required && !(name in environment) && !(`${name}_FILE` in environment))
      .map(([name]) => name);

    expect(missing).toEqual([]);
  });

  test.each(Object.entries(environments))(
    "MUST be accepted by the service in production: %s",
    (_, values) => {
      using secrets = temporarySecrets();
      const environment = Object.fromEntries(
        Object.entries(values).map(([name, value]) =>
          name.endsWith("_FILE") ? [name, secrets.pathFor(name)] : [name, value ?? undefined],
        ),
      );

      expect(readConfig(environment)).toMatchObject({ mode: "production" });
    },
  );

  test("MUST give routers their credential by the name of the service's setting", () => {
    const names = Array.from(
      repositoryText("deploy/router.yaml").matchAll(/\$\{env\.(\w+)\}/g),
      ([, name]) => name,
    );
    const hive = Array.from(
      repositoryText("deploy/hive-gateway.config.ts").matchAll(/process\.env\["(\w+)"\]/g),
      ([, name]) => name,
    );

    expect(names).toEqual(["ROUTER_SECRET"]);
    expect(hive).toEqual(["ROUTER_SECRET"]);
    expect(settings.has("ROUTER_SECRET")).toBe(true);
  });

  test("MUST have routers that wait longer than the service takes", () => {
    const { router, subgraphs } = routerConfig().traffic_shaping;

    expect(milliseconds(subgraphs.sociomile.timeout)).toBeGreaterThan(TOTAL_MS);
    expect(milliseconds(router.timeout)).toBeGreaterThan(milliseconds(subgraphs.sociomile.timeout));
    expect(gatewayConfig.upstreamTimeout).toBeGreaterThan(TOTAL_MS);
    expect(SETTINGS.SOCIOMILE_TIMEOUT_MS.default).toBeLessThan(TOTAL_MS);
  });

  test("MUST have no router that repeats requests", () => {
    expect(gatewayConfig).not.toHaveProperty("upstreamRetry");
    expect(JSON.stringify(routerConfig())).not.toContain("retry");
  });

  test("MUST have routers that pass on Authorization and traceparent, and send their credential to this service only", () => {
    const { all, subgraphs } = routerConfig().headers;
    const { fromClientToSubgraphs } = gatewayConfig.propagateHeaders;
    const request = { headers: { get: (name: string) => `the caller's ${name}` } };

    expect(all.request).toEqual([
      { propagate: { named: "authorization" } },
      { propagate: { named: "traceparent" } },
    ]);
    expect(Object.keys(subgraphs)).toEqual(["sociomile"]);
    expect(subgraphs.sociomile.request).toMatchObject([{ insert: { name: "router-authorization" } }]);
    for (const subgraphName of ["sociomile", "branches"]) {
      expect(fromClientToSubgraphs({ request, subgraphName })).toEqual({
        authorization: "the caller's authorization",
        traceparent: "the caller's traceparent",
        "router-authorization": undefined, // not the caller's, and ROUTER_SECRET is not set here
      });
    }
  });

  test("MUST have routers that authenticate set exactly the headers that the service believes", () => {
    const believed = Array.from(
      repositoryText("src/identity/trusted-headers.ts").matchAll(/_HEADER = "([\w-]+)"/g),
      ([, name]) => name!,
    );
    const script = repositoryText("deploy/auth-router/caller-headers.rhai");
    const set = Array.from(
      script.matchAll(/request\.subgraph\.headers\["([\w-]+)"\] = /g),
      ([, name]) => name,
    );

    expect(believed).toHaveLength(3);
    expect(Object.keys(callerHeaders({}))).toEqual(believed);
    expect(set).toEqual(believed);
    for (const name of believed) expect(repositoryText("docs/router.md")).toContain(`| \`${name}\` `);
  });

  test("MUST make Apollo Router pass on nothing from outside except the trace, when it authenticates", () => {
    const { headers, rhai } = parse(repositoryText("deploy/auth-router/router.yaml")) as ReturnType<
      typeof routerConfig
    > & {
      rhai: { main: string };
    };

    expect(headers.all.request).toEqual([{ propagate: { named: "traceparent" } }]);
    expect(headers.subgraphs).toEqual(routerConfig().headers.subgraphs);
    expect(readdirSync(join(ROOT, "deploy/auth-router"))).toContain(rhai.main);
    expect(hiveThatAuthenticates.upstreamTimeout).toBe(gatewayConfig.upstreamTimeout);
    expect(hiveThatAuthenticates).not.toHaveProperty("upstreamRetry");
  });

  test("MUST mount every secret at the path of its setting", () => {
    const mounts = new Map(container().volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
    const mounted = pod().volumes.flatMap(({ name, secret }) =>
      secret.items.map(({ path }) => `${mounts.get(name)}/${path}`),
    );
    const { services, secrets } = compose();
    const inCompose = services.subgraph.secrets.map((name) => `/run/secrets/${name}`);

    expect(new Set(mounted)).toEqual(filesOf(environments["kubernetes.yaml"]!));
    expect(new Set(inCompose)).toEqual(filesOf(environments["compose.yaml"]!));
    expect(new Set(Object.keys(secrets))).toEqual(
      new Set([...services.subgraph.secrets, ...services.postgres.secrets]),
    );
    for (const [name, { file }] of Object.entries(secrets)) {
      expect(file).toBe(`secrets/${name}`);
      expect(repositoryText("deploy/README.md")).toContain(`> deploy/${file}`);
    }
  });

  test("MUST give the service enough time to stop before it is killed", () => {
    const needs = SETTINGS.DRAIN_LAG_MS.default + TOTAL_MS + LAST_RECORDS_MS;

    expect(pod().terminationGracePeriodSeconds * 1000).toBeGreaterThan(needs);
    expect(milliseconds(compose().services.subgraph.stop_grace_period)).toBeGreaterThan(needs);
  });

  test("MUST agree on ports with the service's defaults", () => {
    const PORT = SETTINGS.PORT.default;
    const MANAGEMENT_PORT = SETTINGS.MANAGEMENT_PORT.default;
    const { ports } = container();
    const service = kubernetes("Service") as { spec: { ports: { port: number; targetPort: string }[] } };

    expect(/^EXPOSE (.*)$/m.exec(repositoryText("deploy/Dockerfile"))?.[1]).toBe(
      `${PORT} ${MANAGEMENT_PORT}`,
    );
    expect(repositoryText("deploy/Dockerfile")).toContain(
      `process.env.MANAGEMENT_PORT ?? ${MANAGEMENT_PORT}}/livez`,
    );
    expect(ports.map(({ containerPort }) => containerPort)).toEqual([PORT, MANAGEMENT_PORT]);
    expect(service.spec.ports).toMatchObject([{ port: PORT, targetPort: "graphql" }]);
    expect(compose().services.subgraph.ports).toEqual(
      [PORT, MANAGEMENT_PORT].map((port) => `127.0.0.1:${port}:${port}`),
    );
    expect(supergraph().subgraphs.sociomile.routing_url).toContain(`:${PORT}/graphql`);
  });

  test("MUST ask for health on the management port, at paths that the service has", () => {
    const { startupProbe, livenessProbe, readinessProbe } = container();

    expect(startupProbe.httpGet).toEqual({ path: "/livez", port: "management" });
    expect(livenessProbe.httpGet).toEqual({ path: "/livez", port: "management" });
    expect(readinessProbe.httpGet).toEqual({ path: "/readyz", port: "management" });
  });

  test("MUST run without unneeded rights", () => {
    expect(pod().securityContext).toMatchObject({ runAsNonRoot: true });
    expect(container().securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    });
    expect(compose().services.subgraph).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  });

  test("MUST compose with the version of composition that the tests use", () => {
    const { devDependencies } = parse(repositoryText("package.json")) as {
      devDependencies: Record<string, string>;
    };

    expect(supergraph().federation_version).toBe(`=${devDependencies["@apollo/composition"]}`);
    expect(repositoryText(join("deploy", supergraph().subgraphs.sociomile.schema.file))).toBe(
      repositoryText("schema.graphql"),
    );
  });

  test("MUST have an executable script that stops at the first failure", () => {
    expect(repositoryText("deploy/publish.sh")).toMatch(/^#!.*bash\n(?:#.*\n)*set -euo pipefail\n/);
    expect(statSync(join(ROOT, "deploy/publish.sh")).mode & 0o111).not.toBe(0);
  });

  test("MUST name only example hosts, and no secret", () => {
    const texts = globSync("deploy/**/*", { cwd: ROOT, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    const hosts = texts.flatMap((text) =>
      Array.from(text.matchAll(/https:\/\/([\w.-]+)/g), ([, host]) => host!),
    );

    expect(hosts.filter((host) => !host.endsWith("example.com"))).toEqual([]);
    expect(texts.filter((text) => /\b[\da-f]{32,}\b|[A-Za-z\d+/]{43}=/.test(text))).toEqual([]);
  });
});

describe("the image", () => {
  const stages = stagesOf(repositoryText("deploy/Dockerfile"));
  const context = filesThatDockerSees(repositoryText(".dockerignore"));
  const [build, dependencies, shipped] = stages;

  test("MUST see only the files that the build needs", () => {
    const outside = context.filter((path) => !path.startsWith("src/"));

    expect(outside.toSorted()).toEqual(
      [
        ".npmrc",
        "package-lock.json",
        "package.json",
        "rolldown.config.ts",
        "schema.graphql",
        "tsconfig.build.json",
        "tsconfig.json",
      ].toSorted(),
    );
    expect(context).toContain("src/main.ts");
  });

  test("MUST be built from all of these files", () => {
    expect(stages).toHaveLength(3);
    expect(copied(build!).toSorted()).toEqual(context.toSorted());
    expect(build?.runs).toEqual([
      "npm ci --ignore-scripts",
      "npm run schema:check",
      "npm run build && rm -rf dist/cache",
    ]);
  });

  test("MUST ship the build, its dependencies and package.json: no sources, tests or development dependencies", () => {
    expect(copied(shipped!)).toEqual(["package.json"]);
    expect(shipped?.copies.filter(({ from }) => from)).toEqual([
      { from: "dependencies", sources: ["/app/node_modules"] },
      { from: "build", sources: ["/app/dist"] },
    ]);
    expect(dependencies?.runs).toEqual(["npm ci --omit=dev --omit=optional --ignore-scripts"]);
    expect(shipped?.runs).toEqual([
      "mkdir dist/cache && chown 1000:1000 dist/cache",
      'env -i PATH="$PATH" node dist/main.js 2>/dev/null; test $? -eq 78',
    ]);
  });

  test("MUST have the Node.js that package.json asks for", () => {
    const { engines } = parse(repositoryText("package.json")) as { engines: { node: string } };

    for (const { image } of stages) expect(image).toMatch(/^node:\d+\.\d+\.\d+-slim$/);
    expect(new Set(stages.map(({ image }) => image)).size).toBe(1);
    expect(shipped?.image).toContain(engines.node.replace(/^>=/, "node:"));
  });

  test("MUST start the service as a user that is not root, with a health check", () => {
    const dockerfile = repositoryText("deploy/Dockerfile");

    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\/livez/m);
    expect(dockerfile).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m);
  });

  /** Files of the project that a stage copies. */
  function copied({ copies }: Stage): string[] {
    const sources = copies.filter(({ from }) => !from).flatMap((copy) => copy.sources);
    return context.filter((path) =>
      sources.some((source) => path === source || path.startsWith(`${source}/`)),
    );
  }
});

interface Stage {
  image: string;
  copies: { from: string | undefined; sources: string[] }[];
  runs: string[];
}

/** Stages of a Dockerfile with one line for each instruction. */
function stagesOf(dockerfile: string): Stage[] {
  const stages: Stage[] = [];
  for (const [, instruction, rest] of dockerfile.matchAll(/^(FROM|COPY|RUN) (.*)$/gm)) {
    const words = rest!.split(" ");
    if (instruction === "FROM") stages.push({ image: words[0]!, copies: [], runs: [] });
    if (instruction === "RUN") stages.at(-1)!.runs.push(rest!);
    if (instruction === "COPY") {
      const from = words[0]!.startsWith("--from=") ? words.shift()!.slice("--from=".length) : undefined;
      stages.at(-1)!.copies.push({ from, sources: words.slice(0, -1) });
    }
  }
  return stages;
}

/** Files of the project that are not ignored. Understands only an ignore file that excludes everything except some paths. */
function filesThatDockerSees(ignore: string): string[] {
  const [everything, ...exceptions] = ignore
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (everything !== "*" || !exceptions.every((line) => /^![\w.-]+$/.test(line)))
    throw new Error("This .dockerignore is not understood");
  return exceptions.flatMap((line) => {
    const path = line.slice(1);
    if (statSync(join(ROOT, path)).isFile()) return [path];
    return globSync(`${path}/**/*`, { cwd: ROOT }).filter((found) => statSync(join(ROOT, found)).isFile());
  });
}

function compose() {
  return parse(repositoryText("deploy/compose.yaml")) as {
    services: {
      subgraph: {
        environment: Record<string, string>;
        secrets: string[];
        ports: string[];
        stop_grace_period: string;
      };
      postgres: { secrets: string[] };
    };
    secrets: Record<string, { file: string }>;
  };
}

interface Probe {
  httpGet: { path: string; port: string };
}

interface Pod {
  terminationGracePeriodSeconds: number;
  securityContext: object;
  volumes: { name: string; secret: { items: { path: string }[] } }[];
  containers: {
    env: { name: string; value?: string }[];
    ports: { containerPort: number }[];
    volumeMounts: { name: string; mountPath: string }[];
    securityContext: object;
    startupProbe: Probe;
    livenessProbe: Probe;
    readinessProbe: Probe;
  }[];
}

function kubernetes(kind: string): unknown {
  const documents = [parseAllDocuments(repositoryText("deploy/kubernetes.yaml"))].flat();
  return documents
    .map((document) => document.toJS() as { kind: string })
    .find((document) => document.kind === kind);
}

function pod(): Pod {
  return (kubernetes("Deployment") as { spec: { template: { spec: Pod } } }).spec.template.spec;
}

function container(): Pod["containers"][number] {
  return pod().containers[0]!;
}

function routerConfig() {
  return parse(repositoryText("deploy/router.yaml")) as {
    headers: { all: { request: unknown[] }; subgraphs: { sociomile: { request: unknown[] } } };
    traffic_shaping: { router: { timeout: string }; subgraphs: { sociomile: { timeout: string } } };
  };
}

function supergraph() {
  return parse(repositoryText("deploy/supergraph.yaml")) as {
    federation_version: string;
    subgraphs: { sociomile: { routing_url: string; schema: { file: string } } };
  };
}

/** A duration such as `15s`, in milliseconds. */
function milliseconds(duration: string): number {
  const seconds = /^(\d+)s$/.exec(duration)?.[1];
  if (seconds === undefined) throw new Error(`Not a duration in seconds: ${duration}`);
  return Number(seconds) * 1000;
}

/** Makes files in place of the secrets. */
function temporarySecrets() {
  const directory = mkdtempSync(join(tmpdir(), "sociomile-secrets-"));
  const secret = Buffer.alloc(32, "any secret of the deployment").toString("base64");
  return {
    pathFor(setting: string) {
      const path = join(directory, setting);
      writeFileSync(
        path,
        `${setting.startsWith("DATABASE_URL") ? "postgres://from.a.secret/ledger" : secret}\n`,
      );
      return path;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}
