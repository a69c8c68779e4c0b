import { globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { captured } from "../support/captured.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { testTable } from "../support/test-table.ts";

/**
 * Folders of src and the parts beside it, and what each may import from. A file beside them counts as one. Other imports are forbidden: the
 * service imports no other part.
 */
const ARROWS: Record<string, readonly string[]> = {
  dev: ["config", "run", "sandbox", "telemetry"],
  operator: "config errors guard identity ledger operator/ledger rehearsal sociomile telemetry tickets version".split(
    " ",
  ),
  "operator/ledger": ["ledger", "telemetry", "tickets", "version"],
  rehearsal: ["sociomile", "tickets"],
  sandbox: [],
  main: ["run"],
  run: ["app", "config", "guard", "http", "telemetry"],
  app: "config errors graphql http identity ledger limiter limiters sociomile telemetry tickets version".split(" "),
  graphql: ["tickets", "errors", "identity", "limiter", "request-load", "telemetry"],
  sociomile: ["tickets", "errors", "limiter", "telemetry"],
  ledger: ["tickets", "errors", "limiter", "telemetry", "version"],
  identity: ["config", "errors", "telemetry"],
  http: "config errors graphql identity limiter request-load telemetry tickets".split(" "),
  tickets: ["errors", "limiter"],
  telemetry: [],
  config: [],
  errors: ["codes.json"], // its texts
  version: [],
  limiter: [],
  "request-load": ["limiter"],
  limiters: ["config", "graphql", "ledger", "limiter"],
  guard: ["telemetry"],
};

/** Layers of the ledger, the lowest first: files and folders that import only from their own layer and from lower ones. */
const LEDGER_LAYERS = [
  ["cipher", "work"],
  ["database"],
  ["clock", "context"],
  ["submissions"],
  ["tickets"],
  ["queue"],
  ["ledger", "open", "retention"],
];

const TOOLS: Record<string, readonly string[]> = {
  undici: ["sociomile", "rehearsal"],
  "node:sqlite": ["ledger"],
  kysely: ["ledger", "operator/ledger"],
  "kysely/migration": ["ledger"],
  pg: ["ledger"],
  "class-validator": ["graphql"],
  "type-graphql": ["graphql"],
  "@apollo/server": ["graphql"],
  "@apollo/subgraph": ["graphql"],
  graphql: ["graphql"],
  cors: ["sandbox"],
  jose: ["identity"],
  negotiator: ["http"],
  pino: ["telemetry"],
  "prom-client": ["telemetry"],
};

const NAMED_BY_THE_BANK =
  "@apollo/server @apollo/subgraph graphql type-graphql class-validator dataloader undici".split(" ");

/** Folders without a subject. GraphQL's object types are the subject of the one that is allowed. */
const NO_SUBJECT = /(?:^|\/)(?:utils?|common|helpers?|services|(?<!^src\/graphql\/)types|shared|lib|misc)\//;

const IO =
  /^(?:node:(?:fs|fs\/promises|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|sqlite)|undici|pg|kysely)$/;

interface File {
  /** Path in the repository, with slashes. */
  path: string;
  folder: string;
  text: string;
  imports: string[];
}

const files: File[] = globSync(["{src,operator,rehearsal,sandbox}/**/*.ts", "dev.ts"], { cwd: ROOT })
  .filter((path) => !path.endsWith(".d.ts"))
  .map((name) => {
    const path = name.replaceAll("\\", "/");
    const text = repositoryText(name);
    return { path, folder: folderOf(path), text, imports: importsIn(text) };
  });

const targetOf = (path: string, specifier: string) => normalize(join(dirname(path), specifier)).replaceAll("\\", "/");

const layerOf = (path: string) =>
  LEDGER_LAYERS.findIndex((layer) => layer.includes(path.split("/")[2]!.replace(/\.ts$/, "")));

describe("the imports", () => {
  test("MUST be seen by this test, and have only the folders of the table and the layers of the ledger, and folders with a subject", () => {
    const inside = files.filter(({ folder }) => folder === "ledger");

    expect(files.length).toBeGreaterThan(30);
    expect(files.find(({ path }) => path === "src/app.ts")?.imports).toContain("./sociomile/client.ts");
    expect(files.filter(({ folder }) => !(folder in ARROWS))).toEqual([]);
    expect(files.filter(({ path }) => NO_SUBJECT.test(path))).toEqual([]);
    expect(new Set(inside.map(({ path }) => layerOf(path)))).toEqual(new Set(LEDGER_LAYERS.keys()));
  });

  testTable<(specifier: string, file: File) => boolean>({
    "a folder that the table does not allow": (specifier, { path, folder }) =>
      specifier.startsWith(".") && ![folder, ...(ARROWS[folder] ?? [])].includes(folderOf(targetOf(path, specifier))),
    "a higher layer of the ledger": (specifier, { path }) => {
      const target = targetOf(path, specifier);
      return path.startsWith("src/ledger/") && target.startsWith("src/ledger/") && layerOf(target) > layerOf(path);
    },
    "a package, outside its folders": (specifier, { folder }) =>
      specifier in TOOLS && !TOOLS[specifier]!.includes(folder),
    "a module for input and output, in tickets/": (specifier, { folder }) =>
      ["tickets", "errors"].includes(folder) && IO.test(specifier),
    "anything but Node, and cors for the pages, in the sandbox": (specifier, { folder }) =>
      folder === "sandbox" && !/^(?:\.\/|node:|cors$)/.test(specifier),
  })("MUST have no import from %s", (_, isForbidden) => {
    const straying = files.flatMap((file) =>
      file.imports
        .filter((specifier) => isForbidden(specifier, file))
        .map((specifier) => `${file.path} -> ${specifier}`),
    );

    expect(straying).toEqual([]);
  });

  testTable<[text: RegExp, folders: string[]]>({
    "the environment": [/\bprocess\s*\.\s*env\b|import\.meta\.env\b/, ["config", "dev"]],
    "the vendor's addresses": [/bank-sulut|client_secret_key/, ["rehearsal", "sandbox", "sociomile"]],
  })("MUST know only in its folders: %s", (_, [pattern, folders]) => {
    const knowing = files.filter(({ text }) => pattern.test(text)).map(({ folder }) => folder);

    expect([...new Set(knowing)].toSorted()).toEqual(folders);
  });
});

test("The console MUST import nothing of the project but itself, and what is typed from schema.graphql", () => {
  const straying = globSync("console/*.{ts,tsx}", { cwd: ROOT }).flatMap((name) =>
    importsIn(repositoryText(name))
      .filter(
        (specifier) => !/^(?:\.\/[\w.]+|\.\/generated\/graphql\.ts|preact(?:\/hooks)?|oauth4webapi)$/.test(specifier),
      )
      .map((specifier) => `${name} -> ${specifier}`),
  );

  expect(straying).toEqual([]);
});

test("Each package that the bank named MUST be a dependency, and be imported where the README says", () => {
  const rows = captured(repositoryText("README.md"), /^(\| `[^`]+` +\| \[`src\/.*)$/gm).map((row) => ({
    name: /`([^`]+)`/.exec(row)![1]!,
    paths: captured(row, /\]\(src\/([^)]+)\)/g),
  }));
  const names = rows.map(({ name }) => name);

  expect(names).toEqual(NAMED_BY_THE_BANK);
  expect(names.filter((name) => !(name in manifest.dependencies))).toEqual([]);
  for (const { name, paths } of rows)
    for (const path of paths) {
      const importing = files.filter((file) => file.path.startsWith(`src/${path}`) && file.imports.includes(name));
      expect({ name, path, isImported: importing.length > 0 }).toEqual({ name, path, isImported: true });
    }
});

test("No exported function MUST begin with a gerund: what makes something is create…, and work is a verb", () => {
  const exported = files.flatMap(({ path, text }) =>
    captured(text, /^export (?:async )?(?:function\*?|const) ([a-z]\w*)/gm).map((name) => ({ name, path })),
  );

  expect(exported.length).toBeGreaterThan(300);
  expect(exported.filter(({ name }) => /^[a-z]+ing(?![a-z])/.test(name))).toEqual([]);
});

function folderOf(path: string): string {
  if (path.startsWith("operator/ledger/")) return "operator/ledger";
  return path.replace("src/", "").split("/")[0]!.replace(/\.ts$/, "");
}

function importsIn(text: string): string[] {
  const code = text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return captured(code, /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g);
}
