import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, globSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { callerHeaders } from "../../deploy/auth-router/caller-headers.ts";
import manifest from "../../package.json" with { type: "json" };
import { gatewayConfig as hiveThatAuthenticates } from "../../deploy/auth-router/hive-gateway.config.ts";
import { gatewayConfig } from "../../deploy/hive-gateway.config.ts";
import { readConfig } from "../../src/config/config.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { REQUEST_MS } from "../../src/http/request-handler.ts";
import { LAST_RECORDS_MS } from "../../src/ledger/ledger.ts";
import { LAST_TRACES_MS } from "../../src/telemetry/traces.ts";
import { captured } from "../support/captured.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { testTable } from "../support/test-table.ts";
import { without } from "../support/without.ts";

const YAML_FILES = globSync("deploy/**/*.yaml", { cwd: ROOT });

/** Longest time of a request. Milliseconds. */
const TOTAL_MS = REQUEST_MS;
/** Longest time for outcomes and traces when the service stops. Milliseconds. */
const LAST_WORK_MS = LAST_RECORDS_MS + LAST_TRACES_MS;
/** Settings that are not the service's: Node's own. */
const OF_NODE = new Set(["NODE_EXTRA_CA_CERTS"]);

/** Names of the service's settings. */
const settings = new Set(Object.keys(SETTINGS));

/** Settings of the service in each way to run it. Null: from a secret of the platform. */
const environments: Record<string, Record<string, string | null>> = {
  "compose.yaml": composeEnvironment({}),
  "compose.yaml with try/settings.env": composeEnvironment(
    parseEnv(repositoryText("deploy/try/settings.env")),
  ),
  "the smallest file of docs/settings.md": smallestSettings(),
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
    expect(YAML_FILES).toHaveLength(7);
  });

  test.each(YAML_FILES)("MUST be YAML: %s", (path) => {
    const documents = [parseAllDocuments(repositoryText(path))].flat();

    expect(documents).not.toEqual([]);
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  });

  testTable(environments)("MUST set only settings of the service: %s", (_, environment) => {
    const unknown = Object.keys(environment).filter(
      (name) => !settings.has(name.replace(/_FILE$/, "")) && !OF_NODE.has(name),
    );

    expect(unknown).toEqual([]);
  });

  testTable(environments)("MUST be accepted by the service in production: %s", (_, values) => {
    using secrets = temporarySecrets();

    expect(readConfig(secrets.filledIn(values))).toMatchObject({ APP_MODE: "production" });
  });

  test.each(Object.keys(smallestSettings()))("MUST NOT start without %s of the smallest file", (name) => {
    using secrets = temporarySecrets();
    const environment = secrets.filledIn(without(smallestSettings(), name));

    expect(() => readConfig(environment)).toThrow(`${name.replace(/_FILE$/, "")} is missing`);
  });

  test("MUST give routers their credential by the name of the service's setting", () => {
    const names = captured(repositoryText("deploy/router.yaml"), /\$\{env\.(\w+)\}/g);
    const hive = captured(repositoryText("deploy/hive-gateway.config.ts"), /process\.env\["(\w+)"\]/g);

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

  test("MUST have routers that pass on Authorization, traceparent and x-request-id, and send their credential to this service only", () => {
    const { all, subgraphs } = routerConfig().headers;
    const { fromClientToSubgraphs } = gatewayConfig.propagateHeaders;
    const request = { headers: { get: (name: string) => `the caller's ${name}` } };

    const passed = ["authorization", "traceparent", "x-request-id"];
    expect(all.request.operations).toEqual(passed.map((named) => ({ propagate: { named } })));
    expect(Object.keys(subgraphs)).toEqual(["sociomile"]);
    const credential = [{ insert: { name: "router-authorization" } }];
    expect(subgraphs.sociomile.request.operations).toMatchObject(credential);
    for (const subgraphName of ["sociomile", "branches"])
      expect(fromClientToSubgraphs({ request, subgraphName })).toEqual({
        ...Object.fromEntries(passed.map((name) => [name, `the caller's ${name}`])),
        "router-authorization": undefined, // not the caller's, and ROUTER_SECRET is not set here
      });
  });

  test("MUST have routers that authenticate set exactly the headers that the service believes", () => {
    const believed = captured(repositoryText("src/identity/trusted-headers.ts"), /"(x-[\w-]+)": \w+ = \[\]/g);
    const script = repositoryText("deploy/auth-router/caller-headers.rhai");
    const set = captured(script, /request\.subgraph\.headers\["([\w-]+)"\] = /g);

    expect(believed).toHaveLength(3);
    expect(Object.keys(callerHeaders({}))).toEqual(believed);
    expect(set).toEqual(believed);
    for (const name of believed) expect(repositoryText("docs/router.md")).toContain(`| \`${name}\` `);
  });

  test("MUST make Apollo Router pass on nothing from outside except the trace and the request's id, when it authenticates", () => {
    const { headers, rhai } = routerConfig("deploy/auth-router/router.yaml");

    const passed = ["traceparent", "x-request-id"];
    expect(headers.all.request.operations).toEqual(passed.map((named) => ({ propagate: { named } })));
    expect(headers.subgraphs).toEqual(routerConfig().headers.subgraphs);
    expect(readdirSync(join(ROOT, "deploy/auth-router"))).toContain(rhai.main);
    expect(hiveThatAuthenticates.upstreamTimeout).toBe(gatewayConfig.upstreamTimeout);
    expect(hiveThatAuthenticates).not.toHaveProperty("upstreamRetry");
  });

  test("MUST mount every secret at the path of its setting", () => {
    const mounts = new Map(container().volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
    const mounted = pod().volumes.flatMap(({ name, secret }) =>
      (secret?.items ?? []).map(({ path }) => `${mounts.get(name)}/${path}`),
    );
    const { services, secrets } = compose();
    const inCompose = services.subgraph.secrets.map((name) => `/run/secrets/${name}`);

    expect(new Set(mounted)).toEqual(filesOf(environments["kubernetes.yaml"]!));
    expect(new Set(inCompose)).toEqual(filesOf(environments["compose.yaml"]!));
    expect(new Set(Object.keys(secrets))).toEqual(
      new Set([...services.subgraph.secrets, ...services.postgres.secrets]),
    );
    for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`secrets/${name}`);
  });

  test("MUST make exactly the secrets that are mounted, readable for the container under any umask, and keep those that exist", () => {
    using copy = copyOfSecrets();
    const vendorSecret = "s3cret of Sociomile";

    copy.makeSecrets({ input: `${vendorSecret}\n` });
    const made = copy.secrets();
    copy.makeSecrets({ options: "--try" });

    expect(Object.keys(made).toSorted()).toEqual(Object.keys(compose().secrets).toSorted());
    expect(made["sociomile-client-secret-key"]).toBe(vendorSecret);
    expect(made["database-url"]).toContain(made["postgres-password"]);
    expect(Object.values(made).join("")).not.toContain("\n"); // a router sets its variable from the same Secret
    expect(copy.secrets()).toEqual(made);
    expect(copy.modes()).toEqual({ directory: 0o700, files: [0o644] });
  });

  test("MUST ask for the address of the database in Kubernetes, where no PostgreSQL of ours is", () => {
    using copy = copyOfSecrets();
    const address = "postgres://owner:pass@db.example/ledger?sslmode=verify-full";

    copy.makeSecrets({ options: "--kubernetes", input: `${address}\ns3cret of Sociomile\n` });

    expect(copy.secrets()).toEqual({
      "database-url": address,
      "ledger-key": expect.any(String),
      "router-secret": expect.any(String),
      "sociomile-client-secret-key": "s3cret of Sociomile",
    });
    const mounted = pod().volumes[0]!.secret!.items.map(({ path }) => path);
    expect(mounted.toSorted()).toEqual(Object.keys(copy.secrets()).toSorted());
  });

  test("MUST end with 1 when nobody gives Sociomile's secret, and make it for a try", () => {
    using copy = copyOfSecrets();

    expect(() => copy.makeSecrets()).toThrow("There is no secret of Sociomile");
    copy.makeSecrets({ options: "--try" });
    expect(copy.secrets()["sociomile-client-secret-key"]).toMatch(/^[\da-f]{48}$/);
  });

  test("MUST ask again after a blank line", () => {
    using copy = copyOfSecrets();

    expect(() => copy.makeSecrets({ input: " \n" })).toThrow("There is no secret of Sociomile");
    expect(Object.keys(copy.secrets())).not.toContain("sociomile-client-secret-key");
    copy.makeSecrets({ input: "s3cret of Sociomile\n" });
    expect(copy.secrets()["sociomile-client-secret-key"]).toBe("s3cret of Sociomile");
  });

  test("MUST mount the certificates of private authorities where Node looks for them", () => {
    const { mountPath } = container().volumeMounts.find(({ name }) => name === "ca")!;
    const inPod = `${mountPath}/ca.crt`;
    const inCompose = compose().services.subgraph.volumes.map((volume) => volume.split(":")[1]);

    expect(pod().volumes.find(({ name }) => name === "ca")).toMatchObject({
      configMap: { name: "sociomile-subgraph-ca" },
    });
    expect(environments["kubernetes.yaml"]!["NODE_EXTRA_CA_CERTS"]).toBe(inPod);
    expect(environments["compose.yaml"]!["NODE_EXTRA_CA_CERTS"]).toBe(inPod);
    expect(inCompose).toEqual([inPod]);
    expect(repositoryText("deploy/README.md")).toContain("sociomile-subgraph-ca --from-file=deploy/ca.crt");
  });

  test("MUST let in the router and Prometheus only, each at its port, and let out to what the service calls", () => {
    const { spec } = kubernetes("NetworkPolicy") as { spec: Policy };
    const inward = spec.ingress.flatMap(({ from, ports }) => [from.length, ...ports.map(({ port }) => port)]);

    expect(spec.podSelector.matchLabels).toEqual(selectorOf("Service"));
    expect(spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(inward).toEqual([1, "graphql", 1, "management"]); // names of the container's ports
    const outward = spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(outward).toEqual([53, 53, 5432, 6432, 443]);
    expect(spec.egress.filter(({ to }) => to.length === 0)).toEqual([]); // a rule without a place is open to the whole world
  });

  test("MUST survive the loss of a node or a zone, and let nodes be drained while the database is down", () => {
    expect(pod().topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
      "kubernetes.io/hostname",
      "topology.kubernetes.io/zone",
    ]);
    expect(kubernetes("PodDisruptionBudget")).toMatchObject({
      spec: { minAvailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    });
  });

  test("MUST bound memory and log files of what runs on one machine", () => {
    const lasting = Object.values(compose().services).filter(({ profiles }) => profiles === undefined);

    const bounds = { mem_limit: expect.any(String), logging: { options: { "max-size": "20m" } } };
    expect(lasting).toHaveLength(2);
    for (const service of lasting) expect(service).toMatchObject(bounds);
  });

  test("MUST give Prometheus Operator the same alerts, and the management port of the pods", () => {
    const rule = execFileSync(join(ROOT, "deploy/prometheus/rule.sh"), { encoding: "utf8" });
    const monitor = parse(repositoryText("deploy/prometheus/pod-monitor.yaml")) as {
      kind: string;
      spec: { selector: object; podMetricsEndpoints: { port: string; path: string }[] };
    };

    expect(parse(rule)).toMatchObject({
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      spec: parse(repositoryText("deploy/prometheus/alerts.yaml")),
    });
    expect(monitor.kind).toBe("PodMonitor");
    expect(monitor.spec.podMetricsEndpoints).toMatchObject([{ port: "management", path: "/metrics" }]);
    expect(monitor.spec.selector).toEqual(selectorOf("Deployment"));
  });

  test("MUST tell the true times in comments", () => {
    const times: Record<string, number> = {
      "DRAIN_LAG_MS \\((\\d+) s\\)": SETTINGS.DRAIN_LAG_MS.default,
      "[Rr]equests in flight(?: then get)? \\(?(\\d+) s": REQUEST_MS,
      "outcomes and traces \\(?(\\d+) s": LAST_WORK_MS,
      "longest answer of the subgraph \\((\\d+) s\\)": REQUEST_MS,
    };
    const comments = commentsOf(
      globSync("deploy/**/*.{yaml,ts}", { cwd: ROOT, exclude: ["**/alerts.yaml"] }),
    );

    const told = Object.entries(times).map(([phrase, ms]) => {
      const found = Array.from(comments.matchAll(new RegExp(phrase, "g")), ([, seconds]) => Number(seconds));
      expect(found).not.toEqual([]);
      expect(new Set(found)).toEqual(new Set([ms / 1000]));
      return found.length;
    });
    // No other time is told, so that each is compared.
    expect(comments.match(/\d+ s\b/g)).toHaveLength(told.reduce((sum, count) => sum + count));
  });

  test("MUST make Apollo Router show code and id of this subgraph's errors only", () => {
    expect(routerConfig().include_subgraph_errors).toEqual({
      all: { redact_message: true, allow_extensions_keys: [] },
      subgraphs: { sociomile: { redact_message: false, allow_extensions_keys: ["code", "requestId"] } },
    });
  });

  test("MUST give the service enough time to stop before it is killed", () => {
    const needs = SETTINGS.DRAIN_LAG_MS.default + REQUEST_MS + LAST_WORK_MS;

    expect(pod().terminationGracePeriodSeconds * 1000).toBeGreaterThan(needs);
    expect(milliseconds(compose().services.subgraph.stop_grace_period)).toBeGreaterThan(needs);
  });

  test("MUST agree on ports with the service's defaults", () => {
    const PORT = SETTINGS.PORT.default;
    const MANAGEMENT_PORT = SETTINGS.MANAGEMENT_PORT.default;
    const { ports } = container();
    const service = kubernetes("Service") as { spec: { ports: { port: number; targetPort: string }[] } };

    expect(repositoryText("deploy/Dockerfile")).toMatch(
      new RegExp(`^EXPOSE ${PORT} ${MANAGEMENT_PORT}$`, "m"),
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
    const { federation_version: version, subgraphs } = supergraph();

    expect(version).toBe(`=${manifest.devDependencies["@apollo/composition"]}`);
    const composed = repositoryText(join("deploy", subgraphs.sociomile.schema.file));
    expect(composed).toBe(repositoryText("schema.graphql"));
  });

  test("MUST have executable scripts that stop at the first failure", () => {
    const scripts = globSync("deploy/**/*.sh", { cwd: ROOT });

    expect(scripts).toHaveLength(3);
    for (const script of scripts) {
      expect(repositoryText(script)).toMatch(/^#!.*bash\n(?:#.*\n)*set -euo pipefail\n/);
      expect(statSync(join(ROOT, script)).mode & 0o111).not.toBe(0);
    }
  });

  test("MUST name only example hosts, and no secret", () => {
    const files = globSync("deploy/**/*", { cwd: ROOT, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    const hosts = texts.flatMap((text) => captured(text, /https:\/\/([\w.-]+)/g));

    expect(hosts.filter((host) => !host.endsWith("example.com"))).toEqual([]);
    expect(texts.filter((text) => /\b[\da-f]{32,}\b|[A-Za-z\d+/]{43}=/.test(text))).toEqual([]);
  });
});

describe("the image", () => {
  const dockerfile = repositoryText("deploy/Dockerfile");
  const stages = stagesOf(dockerfile);
  const context = filesThatDockerSees(repositoryText(".dockerignore"));
  const [build, shipped] = stages;

  test("MUST see only the files that the build needs", () => {
    const outside = context.filter((path) => !path.startsWith("src/"));

    const needed =
      ".npmrc package-lock.json package.json rolldown.config.ts schema.graphql schema.ts tsconfig.build.json tsconfig.json vite.config.ts";
    expect(outside.toSorted()).toEqual(needed.split(" "));
    expect(context).toContain("src/main.ts");
  });

  test("MUST be built from all of these files", () => {
    expect(stages).toHaveLength(2);
    expect(copied(build!).toSorted()).toEqual(context.toSorted());
    expect(build?.runs).toEqual([
      "npm ci --ignore-scripts",
      "npm run schema:check",
      "npm run build && rm -rf dist/cache",
      "npm run --silent sbom > dist/sbom.cdx.json",
    ]);
  });

  test("MUST ship the build and package.json: no packages, sources or tests, and no program that installs some", () => {
    expect(copied(shipped!)).toEqual(["package.json"]);
    expect(shipped?.copies.filter(({ from }) => from)).toEqual([{ from: "build", sources: ["/app/dist"] }]);
    expect(shipped?.runs).toEqual([
      expect.stringMatching(/^rm -rf \/usr\/local\/lib\/node_modules .*\/usr\/local\/bin\/npm /),
      "mkdir dist/cache && chown 1000:1000 dist/cache",
      'env -i PATH="$PATH" node dist/main.js 2>/dev/null; test $? -eq 78',
    ]);
  });

  test("MUST have the Node.js that package.json asks for, and tell it with version and revision", () => {
    const node = manifest.engines.node.replace(">=", "");
    const labels = { version: manifest.version, revision: "${REVISION}", "base.name": "${NODE}" };

    expect(dockerfile).toMatch(new RegExp(`^ARG NODE=node:${node}(?:\\.\\d+)*-slim$`, "m"));
    expect(new Set(stages.map(({ image }) => image))).toEqual(new Set(["${NODE}"]));
    for (const [label, value] of Object.entries(labels))
      expect(dockerfile).toContain(`org.opencontainers.image.${label}="${value}"`);
  });

  test("MUST list exactly the packages that production needs, each with a licence", () => {
    const sbom = execFileSync("npm", ["run", "--silent", "sbom"], { cwd: ROOT, encoding: "utf8" });
    const listed = JSON.parse(sbom) as {
      bomFormat: string;
      components: { purl: string; licenses?: unknown[] }[];
    };
    const { packages } = JSON.parse(repositoryText("package-lock.json")) as {
      packages: Record<string, { dev?: true; optional?: true; devOptional?: true }>;
    };
    const needed = Object.entries(packages).flatMap(([path, { dev, optional, devOptional }]) =>
      path === "" || dev || optional || devOptional ? [] : [path.replace(/^.*node_modules\//, "")],
    );
    const names = listed.components.map(({ purl }) => decodeURIComponent(/^pkg:npm\/(.*)@/.exec(purl)![1]!));

    expect(listed.bomFormat).toBe("CycloneDX");
    expect(new Set(needed).difference(new Set(names))).toEqual(new Set());
    expect(new Set(names).difference(new Set(needed))).toEqual(new Set(["pg-cloudflare"])); // optional, and pg's own
    expect(listed.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
  });

  test.each([
    ["everywhere", {}, "0.0.0.0"],
    ["everywhere, when the setting says so", { HOST: "0.0.0.0" }, "0.0.0.0"],
    ["at an address of its own", { HOST: "0.0.0.0", MANAGEMENT_HOST: "127.0.0.2" }, "127.0.0.2"],
  ])("MUST be healthy only while the service answers, which listens %s", async (_, addresses, host) => {
    const [program, ...args] = JSON.parse(/^HEALTHCHECK .* CMD (.*)$/m.exec(dockerfile)![1]!) as string[];
    const server = createServer(({ url }, response) =>
      response.writeHead(url === "/livez" ? 200 : 404).end(),
    );
    await once(server.listen(0, host), "listening");
    const MANAGEMENT_PORT = String((server.address() as AddressInfo).port);
    const exitCode = async () => {
      const env = { PATH: process.env["PATH"], MANAGEMENT_PORT, ...addresses };
      const [code] = (await once(spawn(program!, args, { env }), "exit")) as [number];
      return code;
    };

    expect(await exitCode()).toBe(0);
    await once(server.close(), "close");
    expect(await exitCode()).toBe(1);
  });

  test("MUST start the service as a user that is not root, with a health check", () => {
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\/livez/m);
    expect(dockerfile).toMatch(/^CMD \["node", "--disable-sigusr1", "dist\/main\.js"\]$/m);
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
        volumes: string[];
        stop_grace_period: string;
        profiles?: string[];
      };
      postgres: { secrets: string[]; profiles?: string[] };
    };
    secrets: Record<string, { file: string }>;
  };
}

/** Settings of the service in Compose, with these variables in Compose's environment. */
function composeEnvironment(variables: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(compose().services.subgraph.environment).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{(\w+):-(.*?)\}/g, (_, variable: string, otherwise: string) => {
        return variables[variable] ?? otherwise;
      }),
    ]),
  );
}

/** The smallest settings for production, as the page on settings shows them. */
function smallestSettings(): Record<string, string> {
  const [, block = ""] = /^```sh\n(.*?)^```$/ms.exec(repositoryText("docs/settings.md")) ?? [];
  return parseEnv(block) as Record<string, string>;
}

/** Comments of files as running text. */
function commentsOf(paths: string[]): string {
  const lines = paths.flatMap((path) => repositoryText(path).split("\n"));
  return lines.flatMap((line) => /(?:^|\s)(?:#|\/\/|\/?\*+)\s(.*)$/.exec(line)?.[1] ?? []).join(" ");
}

interface Policy {
  podSelector: { matchLabels: object };
  policyTypes: string[];
  ingress: { from: unknown[]; ports: { port: string }[] }[];
  egress: { to: unknown[]; ports: { port: number }[] }[];
}

interface Probe {
  httpGet: { path: string; port: string };
}

interface Pod {
  topologySpreadConstraints: { topologyKey: string }[];
  terminationGracePeriodSeconds: number;
  securityContext: object;
  volumes: { name: string; secret?: { items: { path: string }[] } }[];
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

function selectorOf(kind: string): object {
  return (kubernetes(kind) as { spec: { selector: object } }).spec.selector;
}

function pod(): Pod {
  return (kubernetes("Deployment") as { spec: { template: { spec: Pod } } }).spec.template.spec;
}

function container(): Pod["containers"][number] {
  return pod().containers[0]!;
}

interface Propagation {
  request: { operations: unknown[] };
}

function routerConfig(path = "deploy/router.yaml") {
  return parse(repositoryText(path)) as {
    rhai: { main: string };
    include_subgraph_errors: object;
    headers: { all: Propagation; subgraphs: { sociomile: Propagation } };
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

/** A copy of secrets.sh with a directory of its own, and a strict umask. */
function copyOfSecrets() {
  const files = temporaryFiles();
  const directory = join(files.directory, "secrets");
  mkdirSync(directory);
  copyFileSync(join(ROOT, "deploy/secrets.sh"), join(files.directory, "secrets.sh"));
  const names = () => readdirSync(directory);
  return {
    makeSecrets({ options = "", input = "" } = {}) {
      const command = ["--norc", "-c", `umask 077; exec ./secrets.sh ${options}`];
      execFileSync("bash", command, { cwd: files.directory, input, stdio: "pipe" });
    },
    secrets: (): Record<string, string> =>
      Object.fromEntries(names().map((name) => [name, readFileSync(join(directory, name), "utf8")])),
    modes: () => ({
      directory: modeOf(directory),
      files: [...new Set(names().map((name) => modeOf(join(directory, name))))],
    }),
    [Symbol.dispose]: () => files[Symbol.dispose](),
  };
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Makes files in place of the secrets. */
function temporarySecrets() {
  const files = temporaryFiles();
  const secret = Buffer.alloc(32, "any secret of the deployment").toString("base64");
  const pathFor = (setting: string) =>
    files.write(setting, setting.startsWith("DATABASE_URL") ? "postgres://from.a.secret/ledger" : secret);
  return {
    /** Puts the paths of such files into settings that name a file, and nothing for null. */
    filledIn: (environment: object): Record<string, string | undefined> =>
      Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          name.endsWith("_FILE") ? pathFor(name) : ((value as string | null) ?? undefined),
        ]),
      ),
    [Symbol.dispose]: () => files[Symbol.dispose](),
  };
}
