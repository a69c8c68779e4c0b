import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, globSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { callerHeaders } from "../../deploy/auth-router/caller-headers.ts";
import manifest from "../../package.json" with { type: "json" };
import { gatewayConfig as hiveThatAuthenticates } from "../../deploy/auth-router/hive-gateway.config.ts";
import { gatewayConfig as hive } from "../../deploy/hive-gateway.config.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { configOf } from "../config/production.ts";
import { REQUEST_MS } from "../../src/http/request-handler.ts";
import { LAST_RECORDS_MS } from "../../src/ledger/ledger.ts";
import { LAST_TRACES_MS } from "../../src/telemetry/traces.ts";
import { captured } from "../support/captured.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { testTable } from "../support/test-table.ts";
import { without } from "../support/without.ts";

/** Longest time for outcomes and traces when the service stops. Milliseconds. */
const LAST_WORK_MS = LAST_RECORDS_MS + LAST_TRACES_MS;

/** Parsed YAML has no types here: a part that is absent fails its test. */
const yamlIn = (path: string) => parse(repositoryText(`deploy/${path}`));
const compose = yamlIn("compose.yaml");
const router = yamlIn("router.yaml");
const routerThatAuthenticates = yamlIn("auth-router/router.yaml");
const supergraph = yamlIn("supergraph.yaml");
const kubernetes = Object.fromEntries(
  repositoryText("deploy/kubernetes.yaml")
    .split(/^---$/m)
    .map((text) => parse(text))
    .map(({ kind, spec }) => [kind, spec]),
);
const pod = kubernetes["Deployment"].template.spec;
const [container] = pod.containers;
const sleeping = yamlIn("sleep.yaml");
const dockerfile = repositoryText("deploy/Dockerfile");

/** Settings of the service in each way to run it. Null: from a secret of the platform. */
const environments: Record<string, Record<string, string | null>> = {
  "compose.yaml": composeEnvironment({}),
  "compose.yaml with try/settings.env": composeEnvironment(parseEnv(repositoryText("deploy/try/settings.env"))),
  "the smallest file of docs/settings.md": smallestSettings(),
  "kubernetes.yaml": Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value?: string }) => [name, value ?? null]),
  ),
};

function filesOf(environment: Record<string, string | null>): Set<string | null> {
  return new Set(Object.entries(environment).flatMap(([name, path]) => (name.endsWith("_FILE") ? path : [])));
}

describe("the settings of a deployment", () => {
  testTable(environments)("MUST be the service's, and be accepted by it in production: %s", (_, values) => {
    using secrets = temporarySecrets();

    const unknown = Object.keys(values).filter((name) => !(name.replace(/_FILE$/, "") in SETTINGS));
    expect(unknown.filter((name) => name !== "NODE_EXTRA_CA_CERTS")).toEqual([]); // Node's own
    expect(configOf(secrets.filledIn(values))).toMatchObject({ APP_MODE: "production" });
  });

  test("MUST all be needed in the smallest file", () => {
    using secrets = temporarySecrets();
    const names = Object.keys(smallestSettings());

    expect(names.length).toBeGreaterThan(5);
    for (const name of names)
      expect(() => configOf(secrets.filledIn(without(smallestSettings(), name)))).toThrow(
        `${name.replace(/_FILE$/, "")} is missing`,
      );
  });

  test("MUST be mounted where they look for secrets and for certificates of private authorities", () => {
    const mounts = new Map<string, string>(
      container.volumeMounts.map(({ name, mountPath }: Record<string, string>) => [name, mountPath]),
    );
    const [secrets, ca] = pod.volumes;
    const mounted = secrets.secret.items.map(({ path }: { path: string }) => `${mounts.get("secrets")}/${path}`);
    const { subgraph, postgres } = compose.services;
    const inPod = `${mounts.get("ca")}/ca.crt`;

    expect(new Set(mounted)).toEqual(filesOf(environments["kubernetes.yaml"]!));
    const inCompose = subgraph.secrets.map((name: string) => `/run/secrets/${name}`);
    expect(new Set(inCompose)).toEqual(filesOf(environments["compose.yaml"]!));
    expect(compose.secrets).toEqual(
      Object.fromEntries([...subgraph.secrets, ...postgres.secrets].map((name) => [name, { file: `secrets/${name}` }])),
    );
    for (const name of ["kubernetes.yaml", "compose.yaml"])
      expect(environments[name]).toMatchObject({ NODE_EXTRA_CA_CERTS: inPod });
    expect(subgraph.volumes).toEqual([`./ca.crt:${inPod}:ro`]);
    expect(repositoryText("deploy/README.md")).toContain(`${ca.configMap.name} --from-file=deploy/ca.crt`);
  });
});

const propagated = (names: string[]) => names.map((named) => ({ propagate: { named } }));

describe("the routers", () => {
  const PASSED = ["authorization", "traceparent", "x-request-id"];
  const insertion = [{ insert: { name: "router-authorization", value: "${env.ROUTER_SECRET}" } }];

  test("MUST wait longer than the service takes, and repeat no request", () => {
    const { router: whole, subgraphs } = router.traffic_shaping;

    expect(milliseconds(subgraphs.sociomile.timeout)).toBeGreaterThan(REQUEST_MS);
    expect(milliseconds(whole.timeout)).toBeGreaterThan(milliseconds(subgraphs.sociomile.timeout));
    expect(hive.upstreamTimeout).toBeGreaterThan(REQUEST_MS);
    expect(SETTINGS.SOCIOMILE_TIMEOUT_MS.default).toBeLessThan(REQUEST_MS);
    expect(hiveThatAuthenticates.upstreamTimeout).toBe(hive.upstreamTimeout);
    for (const config of [hive, hiveThatAuthenticates]) expect(config).not.toHaveProperty("upstreamRetry");
    expect(JSON.stringify(router)).not.toContain("retry");
  });

  test("MUST NOT let callers share a request to this service, whatever a team allows for all subgraphs", () => {
    expect(router.traffic_shaping.subgraphs.sociomile.deduplicate_query).toBe(false);
    expect(routerThatAuthenticates).not.toHaveProperty("traffic_shaping"); // it would replace that
  });

  test("MUST pass on Authorization, traceparent and x-request-id, and send the credential to this service only: Apollo Router", () => {
    expect(router.headers).toEqual({
      all: { request: { operations: propagated(PASSED) } },
      subgraphs: { sociomile: { request: { operations: insertion } } },
    });
  });

  test("MUST set exactly the headers that the service believes, and pass on nothing else but trace and request id, when they authenticate", () => {
    const believed = captured(repositoryText("src/identity/authentication.ts"), /"(x-[\w-]+)": \w+ = \[\]/g);
    const { headers, rhai } = routerThatAuthenticates;
    const script = repositoryText(`deploy/auth-router/${rhai.main}`);

    expect(believed).toHaveLength(3);
    expect(Object.keys(callerHeaders({}))).toEqual(believed);
    // On the request of the client, before the router decides which requests are the same; and in any case, so not in a block.
    expect(captured(script, /^fn (\w+_service)\(service\) \{\n {4}service\.map_request\(Fn\("name_caller/gm)).toEqual([
      "supergraph_service",
    ]);
    expect(captured(script, /^ {4}request\.headers\["([\w-]+)"\] = /gm)).toEqual(believed);
    for (const name of believed) expect(repositoryText("docs/router.md")).toContain(`| \`${name}\` `);
    expect(headers).toEqual({
      all: { request: { operations: propagated(PASSED.slice(1)) } },
      subgraphs: { sociomile: { request: { operations: [...insertion, ...propagated(believed)] } } },
    });
  });

  test("MUST show code and id of this subgraph's errors only: Apollo Router", () => {
    expect(router.include_subgraph_errors).toEqual({
      all: { redact_message: true, allow_extensions_keys: [] },
      subgraphs: { sociomile: { redact_message: false, allow_extensions_keys: ["code", "requestId"] } },
    });
  });

  test("MUST compose the schema with the version of composition that the tests use", () => {
    const { federation_version: version, subgraphs } = supergraph;

    expect(version).toBe(`=${manifest.devDependencies["@apollo/composition"]}`);
    expect(join("deploy", subgraphs.sociomile.schema.file)).toBe("schema.graphql");
  });
});

describe("secrets.sh", () => {
  test("MUST make exactly the secrets that are mounted, readable for the container under any umask, and keep those that exist", () => {
    using copy = copyOfSecrets();
    const vendorSecret = "s3cret of Sociomile";

    copy.makeSecrets({ input: `${vendorSecret}\n` });
    const made = copy.secrets();
    copy.makeSecrets({ options: "--try" });

    expect(Object.keys(made).toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
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

    const made = copy.secrets();
    const given = { "database-url": address, "sociomile-client-secret-key": "s3cret of Sociomile" };
    expect(made).toMatchObject(given);
    const mounted = pod.volumes[0].secret.items.map(({ path }: { path: string }) => path);
    expect(Object.keys(made).toSorted()).toEqual(mounted.toSorted());
  });

  test("MUST end with 1 when nobody gives Sociomile's secret, ask again after that, and make it for a try", () => {
    using copy = copyOfSecrets();

    for (const input of ["", " \n"])
      expect(() => copy.makeSecrets({ input })).toThrow("There is no secret of Sociomile");
    expect(Object.keys(copy.secrets())).not.toContain("sociomile-client-secret-key");
    copy.makeSecrets({ options: "--try" });
    expect(copy.secrets()["sociomile-client-secret-key"]).toMatch(/^[\da-f]{48}$/);
  });
});

interface Rule {
  from?: unknown[];
  to?: unknown[];
  ports: { port: string | number }[];
}
const placesOf = ({ from, to }: Rule) => (from ?? to)!.length;
const portsOf = ({ ports }: Rule) => ports.map(({ port }) => port);
const health = (path: string) => ({ httpGet: { path, port: "management" } });

describe("Kubernetes and Compose", () => {
  test("MUST let in the router and Prometheus only, each at its port, and let out to what the service calls", () => {
    const { podSelector, policyTypes, ingress, egress } = kubernetes["NetworkPolicy"];

    const names = [kubernetes["Service"].selector, sleeping.metadata.labels].flatMap(Object.values);
    expect(podSelector.matchExpressions).toEqual([{ key: "app.kubernetes.io/name", operator: "In", values: names }]);
    expect(policyTypes).toEqual(["Ingress", "Egress"]);
    expect(ingress.map(placesOf)).toEqual([1, 1]);
    expect(ingress.map(portsOf)).toEqual([["graphql"], ["management"]]); // names of the container's ports
    expect(egress.map(portsOf)).toEqual([[53, 53], [5432, 6432], [443]]);
    expect(egress.map(placesOf)).not.toContain(0); // a rule without a place is open to the whole world
  });

  test("MUST let browsers reach the console alone, by a controller that the network lets in, and from an origin that the router knows", () => {
    const [ingress, policy] = repositoryText("deploy/console.yaml")
      .split(/^---$/m)
      .map((text) => parse(text));
    const [{ host, http }, ...others] = ingress.spec.rules;

    const service = { name: "sociomile-subgraph", port: { name: "graphql" } };
    expect([http.paths, others]).toEqual([[{ path: "/operators/", pathType: "Prefix", backend: { service } }], []]);
    expect(ingress.spec.tls).toMatchObject([{ hosts: [host] }]);
    expect(policy.spec).toMatchObject({
      podSelector: { matchLabels: kubernetes["Service"].selector },
      policyTypes: ["Ingress"],
    });
    expect([policy.spec.ingress.map(placesOf), policy.spec.ingress.map(portsOf)]).toEqual([[1], [["graphql"]]]);
    expect(router.cors.policies).toMatchObject([{ origins: [`https://${host}`] }]);
    expect(repositoryText("deploy/README.md")).toContain(`https://${host}/operators/`);
  });

  test("MUST survive the loss of a node or a zone, and let nodes be drained while the database is down", () => {
    expect(pod.topologySpreadConstraints).toMatchObject([
      { topologyKey: "kubernetes.io/hostname" },
      { topologyKey: "topology.kubernetes.io/zone" },
    ]);
    const budget = { minAvailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" };
    expect(kubernetes["PodDisruptionBudget"]).toMatchObject(budget);
  });

  test("MUST bound memory, processes and log files of what runs on one machine, and write no memory to its disk", () => {
    const { subgraph, postgres, sleeper, ...others } = compose.services;

    const bounds = { mem_limit: expect.any(String), pids_limit: 200, ulimits: { core: 0 } };
    const logged = { ...bounds, logging: { options: { "max-size": "20m" } } };
    expect([subgraph, postgres, sleeper]).toMatchObject([logged, logged, logged]);
    expect(Object.values(others)).toMatchObject(Object.keys(others).map(() => ({ ...bounds, profiles: ["try"] })));
  });

  test("MUST have a pod and a container that sleep, with the rights, the secrets and the settings of the service, and serve nobody", () => {
    const [sleeper] = sleeping.spec.containers;
    const { subgraph, sleeper: contained } = compose.services;

    expect(sleeper).toMatchObject({
      command: ["sleep", "infinity"],
      ...Object.fromEntries(
        ["name", "image", "env", "volumeMounts", "securityContext"].map((part) => [part, container[part]]),
      ),
    });
    expect(sleeping.spec.volumes).toEqual(pod.volumes);
    expect(sleeping.spec.securityContext).toEqual(pod.securityContext);
    expect(sleeping.metadata.labels).not.toEqual(kubernetes["Service"].selector);
    const { environment, secrets, volumes, image } = subgraph;
    expect(contained).toMatchObject({ environment, secrets, volumes, image, profiles: ["sleep"] });
    expect(contained).not.toHaveProperty("ports");
  });

  test("MUST give Prometheus Operator the same alerts, and the management port of the pods", () => {
    const rule = execFileSync(join(ROOT, "deploy/prometheus/rule.sh"), { encoding: "utf8" });

    expect(parse(rule)).toMatchObject({
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      spec: yamlIn("prometheus/alerts.yaml"),
    });
    expect(yamlIn("prometheus/pod-monitor.yaml")).toMatchObject({
      kind: "PodMonitor",
      spec: {
        selector: kubernetes["Deployment"].selector,
        podMetricsEndpoints: [{ port: "management", path: "/metrics" }],
      },
    });
  });

  test("MUST give the service enough time to stop before it is killed", () => {
    const needs = SETTINGS.DRAIN_LAG_MS.default + REQUEST_MS + LAST_WORK_MS;

    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(needs);
    expect(milliseconds(compose.services.subgraph.stop_grace_period)).toBeGreaterThan(needs);
  });

  test("MUST agree on ports with the service's defaults, and ask for health on the management port", () => {
    const ports = [SETTINGS.PORT.default, SETTINGS.MANAGEMENT_PORT.default];
    const [PORT] = ports;

    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${ports.join(" ")}$`, "m"));
    expect(container).toMatchObject({
      ports: ["graphql", "management"].map((name, nth) => ({ name, containerPort: ports[nth] })),
      startupProbe: health("/livez"),
      livenessProbe: health("/livez"),
      readinessProbe: health("/readyz"),
    });
    expect(kubernetes["Service"].ports).toMatchObject([{ port: PORT, targetPort: "graphql" }]);
    expect(compose.services.subgraph.ports).toEqual(ports.map((port) => `127.0.0.1:${port}:${port}`));
    expect(supergraph.subgraphs.sociomile.routing_url).toContain(`:${PORT}/graphql`);
  });

  test("MUST run without unneeded rights, as a user that is not root", () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 });
    expect(dockerfile).toMatch(/^USER 10001:10001\n(?:.*\n)*CMD \["node", "--disable-sigusr1", "dist\/main\.js"\]$/m);
    const rights = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false };
    expect(container.securityContext).toMatchObject(rights);
    const { postgres, ...own } = compose.services;
    for (const each of Object.values(own)) expect(each).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    expect(postgres).toMatchObject({ cap_drop: ["ALL"] });
    expect(JSON.stringify(compose)).not.toContain("$(cat"); // a secret in arguments is seen by every process
  });
});

describe("the files for deploying", () => {
  test("MUST have executable scripts that stop at the first failure", () => {
    const scripts = globSync("{deploy,scripts}/**/*.sh", { cwd: ROOT });

    expect(scripts).toHaveLength(7);
    for (const script of scripts) {
      expect(repositoryText(script)).toMatch(/^#!.*bash\n(?:#.*\n)*set -euo pipefail\n/);
      expect(statSync(join(ROOT, script)).mode & 0o111).not.toBe(0);
    }
  });

  test("MUST name only example hosts, and no secret", () => {
    const paths = globSync("deploy/**/*.*", { cwd: ROOT });
    const texts = [...paths.map(repositoryText), dockerfile];
    const hosts = texts.flatMap((text) => captured(text, /https:\/\/([\w.-]+)/g));

    expect(paths.length).toBeGreaterThan(10);
    expect(hosts.filter((host) => !host.endsWith("example.com"))).toEqual([]);
    expect(texts.filter((text) => /\b[\da-f]{32,}\b|[A-Za-z\d+/]{43}=/.test(text))).toEqual([]);
  });
});

const sourcesOf = (stage: string) =>
  captured(stage, /^COPY (?!--)(.*) \S+$/gm).flatMap((sources) => sources.split(" "));
const commandsOf = (stage: string) => captured(stage, /^RUN (.*)$/gm);

describe("the image", () => {
  const [build = "", shipped = ""] = dockerfile.split(/^FROM .*$/m).slice(1);

  test("MUST be built from all files that Docker sees, without the sandbox, and check the schema", () => {
    const ignored = repositoryText(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));

    expect(ignored.toSorted()).toEqual(["*", ...sourcesOf(build).map((path) => `!${path}`)].toSorted());
    expect(commandsOf(build)).toEqual([
      "npm ci --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin/node",
      "npm run schema:check",
      "npm run build",
      "npm run --silent sbom > dist/sbom.cdx.json && rm -rf dist/cache dist/compiled",
    ]);
  });

  test("MUST ship the build and package.json: no packages, sources or tests, and no program that installs some", () => {
    expect(sourcesOf(shipped)).toEqual(["package.json"]);
    expect(captured(shipped, /^COPY (--.*)$/gm)).toEqual(["--from=build /app/dist dist"]);
    expect(commandsOf(shipped)).toEqual([
      expect.stringMatching(/^rm -rf \/usr\/local\/lib\/node_modules .*\/usr\/local\/bin\/npm /),
      "mkdir dist/cache && chown 10001:10001 dist/cache",
      'env -i PATH="$PATH" node dist/main.js 2>/dev/null; test $? -eq 78',
    ]);
  });

  test("MUST have the Node.js that package.json asks for, and tell it with version and revision", () => {
    const node = manifest.engines.node.replace(">=", "");
    const labels = { version: manifest.version, revision: "${REVISION}", "base.name": "${NODE}" };

    expect(dockerfile).toMatch(new RegExp(`^ARG NODE=node:${node}(?:\\.\\d+)*-slim(?:@sha256:[\\da-f]{64})?$`, "m"));
    expect(captured(dockerfile, /^FROM (\S+)/gm)).toEqual(["${NODE}", "${NODE}"]);
    for (const [label, value] of Object.entries(labels))
      expect(dockerfile).toContain(`org.opencontainers.image.${label}="${value}"`);
  });

  test("MUST list the packages that production needs and the tools that build, not those that test, each with a licence, and tell which are in no bundle", () => {
    const sbom = execFileSync("npm", ["run", "--silent", "sbom"], { cwd: ROOT, encoding: "utf8" });
    const listed = JSON.parse(sbom) as {
      bomFormat: string;
      components: { name: string; purl: string; scope: string; licenses?: unknown[] }[];
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
    expect(names).toEqual(expect.arrayContaining(["rolldown", "typescript", "vite"]));
    expect(names).not.toContain("vitest");
    expect(listed.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
    const scopeOf = (wanted: string) => listed.components.find(({ name }) => name === wanted)?.scope;
    const scopes = ["class-validator", "preact", "validator", "libphonenumber-js", "@types/node"].map(scopeOf);
    expect(scopes).toEqual(["required", "required", "excluded", "excluded", "excluded"]);
  });

  test.each([
    ["everywhere", {}, "0.0.0.0"],
    ["everywhere, when the setting says so", { HOST: "0.0.0.0" }, "0.0.0.0"],
    ["at an address of its own", { HOST: "0.0.0.0", MANAGEMENT_HOST: "127.0.0.2" }, "127.0.0.2"],
  ])("MUST be healthy only while the service answers, which listens %s", async (_, addresses, host) => {
    const [program, ...args] = JSON.parse(/^HEALTHCHECK .* CMD (.*)$/m.exec(dockerfile)![1]!) as string[];
    const server = createServer(({ url }, response) => response.writeHead(url === "/livez" ? 200 : 404).end());
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
});

/** Settings of the service in Compose, with these variables in Compose's environment. */
function composeEnvironment(variables: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(compose.services.subgraph.environment as Record<string, string>).map(([name, value]) => [
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

/** A duration such as `15s`, in milliseconds. Anything else is not a number. */
const milliseconds = (duration: string): number => Number(duration.replace(/s$/, "")) * 1000;

const modeOf = (path: string) => statSync(path).mode & 0o777;

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
