import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));
const TEST = fileURLToPath(new URL("..", import.meta.url));

const EVERYTHING = [
  "config",
  "errors",
  "graphql",
  "http",
  "identity",
  "ledger",
  "operator",
  "sandbox",
  "sociomile",
  "telemetry",
  "tickets",
];

/** Rooms, and the rooms that each may import from. A room is a folder of src or a file beside them. Other imports are forbidden. */
const ARROWS: Record<string, readonly string[]> = {
  main: ["app", "config", "guard", "start-failure"],
  operator: ["config", "errors", "guard", "http", "identity", "ledger", "sociomile", "telemetry", "tickets"],
  app: EVERYTHING,
  graphql: ["tickets", "errors", "identity", "telemetry"],
  sociomile: ["tickets", "errors", "telemetry"],
  ledger: ["tickets", "errors", "telemetry"],
  identity: ["errors", "telemetry"],
  http: ["errors", "telemetry"],
  tickets: ["errors"],
  telemetry: [],
  config: [],
  errors: ["codes.json"], // its texts
  guard: ["errors"],
  "start-failure": ["errors"],
  sandbox: [],
};

/** Layers of the ledger, the lowest first: files and folders that import only from their own layer and from lower ones. */
const LEDGER_LAYERS = [
  ["ids"],
  ["database"],
  ["available", "cipher", "clock", "context"],
  ["submissions"],
  ["tickets"],
  ["queue"],
  ["inspect", "ledger", "open", "retention", "sealed"],
];

/** Packages, and the rooms that may import each. */
const TOOLS: Record<string, readonly string[]> = {
  undici: ["sociomile"],
  "node:sqlite": ["ledger"],
  kysely: ["ledger"],
  pg: ["ledger"],
  preact: ["operator"],
  "preact/hooks": ["operator"],
  "type-graphql": ["graphql"],
  "@apollo/server": ["graphql"],
  "@apollo/subgraph": ["graphql"],
  graphql: ["graphql"],
  cors: ["http"],
  jose: ["identity"],
  negotiator: ["http"],
  pino: ["telemetry"],
  "prom-client": ["telemetry"],
};

/** Names of rooms without a subject. */
const NO_ROOMS = /^(?:utils?|common|helpers?|services|types|shared|lib|misc)$/;

/** Modules that do input and output. */
const IO =
  /^(?:node:(?:fs|fs\/promises|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|sqlite)|undici|pg|kysely)$/;

interface File {
  /** Path from src, with slashes. */
  path: string;
  room: string;
  text: string;
  imports: string[];
}

const files: File[] = globSync("**/*.{ts,tsx}", { cwd: SRC })
  .filter((path) => !path.endsWith(".d.ts"))
  .map((name) => {
    const path = name.replaceAll("\\", "/");
    const text = readFileSync(join(SRC, name), "utf8");
    return { path, room: roomOf(path), text, imports: importsIn(text) };
  });

/** Imports that a rule forbids. */
const strayingImports = (isForbidden: (specifier: string, file: File) => boolean): string[] =>
  files.flatMap((file) =>
    file.imports
      .filter((specifier) => isForbidden(specifier, file))
      .map((specifier) => `${file.path} -> ${specifier}`),
  );

const targetOf = (path: string, specifier: string) =>
  normalize(join(dirname(path), specifier)).replaceAll("\\", "/");

describe("the house", () => {
  test("MUST be seen by this test: files and imports in every room", () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.find(({ path }) => path === "app.ts")?.imports).toContain("./sociomile/client.ts");
  });

  test("MUST have only the rooms of the table", () => {
    const rooms = new Set(files.map(({ room }) => room));

    expect([...rooms].filter((room) => !(room in ARROWS))).toEqual([]);
  });

  test("MUST have only the imports that the table allows", () => {
    const forbidden = strayingImports(
      (specifier, { path, room }) =>
        specifier.startsWith(".") &&
        ![room, ...(ARROWS[room] ?? [])].includes(roomOf(targetOf(path, specifier))),
    );

    expect(forbidden).toEqual([]);
  });

  test("MUST have only imports from lower layers inside the ledger", () => {
    const layerOf = (path: string) =>
      LEDGER_LAYERS.findIndex((layer) => layer.includes(roomOf(path.replace("ledger/", ""))));
    const inside = files.filter(({ room }) => room === "ledger");
    const upward = strayingImports((specifier, { path }) => {
      const target = targetOf(path, specifier);
      return path.startsWith("ledger/") && target.startsWith("ledger/") && layerOf(target) > layerOf(path);
    });

    expect(new Set(inside.map(({ path }) => layerOf(path)))).toEqual(new Set(LEDGER_LAYERS.keys()));
    expect(upward).toEqual([]);
  });

  test("MUST NOT import from outside src", () => {
    expect(
      strayingImports(
        (specifier, { path }) => /^[./]/.test(specifier) && targetOf(path, specifier).startsWith(".."),
      ),
    ).toEqual([]);
  });

  test("MUST have no folder without a subject", () => {
    const folders = globSync("**/*/", { cwd: SRC }).map((folder) => folder.replaceAll("\\", "/"));
    // GraphQL's object types are the subject of this one.
    const nameless = folders.filter(
      (folder) => NO_ROOMS.test(basename(folder)) && folder !== "graphql/types",
    );

    expect(folders).toContain("config");
    expect(nameless).toEqual([]);
  });

  test("MUST import each of these packages only in its rooms", () => {
    expect(
      strayingImports((specifier, { room }) => specifier in TOOLS && !TOOLS[specifier]!.includes(room)),
    ).toEqual([]);
  });

  test("MUST do no input and output in tickets/", () => {
    expect(
      strayingImports(
        (specifier, { room }) => (room === "tickets" || room === "errors") && IO.test(specifier),
      ),
    ).toEqual([]);
  });

  test("MUST have a sandbox that shares no code with the rest, and that only app.ts starts", () => {
    const inside = files.filter(({ room }) => room === "sandbox");
    const starters = files.filter(
      ({ room, imports }) =>
        room !== "sandbox" && imports.some((specifier) => specifier.includes("/sandbox/")),
    );

    expect(inside).not.toEqual([]);
    expect(
      strayingImports((specifier, { room }) => room === "sandbox" && !/^(?:\.\/|node:)/.test(specifier)),
    ).toEqual([]);
    expect(starters.map(({ path }) => path)).toEqual(["app.ts"]);
  });

  test("MUST read the environment only in config/", () => {
    const readers = files.filter(({ text }) => /\bprocess\s*\.\s*env\b|import\.meta\.env\b/.test(text));

    expect(new Set(readers.map(({ room }) => room))).toEqual(new Set(["config"]));
  });

  test("MUST have comments that begin with a noun or a verb", () => {
    const questions = /(?:\/\*\*|^\s*\*|\/\/)\s*(?:What|Who|Where|Whether|How)\b.*/gm;
    const found = files.flatMap(({ path, text }) =>
      Array.from(text.matchAll(questions), ([comment]) => `${path}: ${comment}`),
    );

    expect("/** Who calls. */").toMatch(questions);
    expect(found).toEqual([]);
  });

  test("MUST know the vendor's addresses only in sociomile/ and sandbox/", () => {
    const knowing = files
      .filter(({ text }) => /bank-sulut|client_secret_key/.test(text))
      .map(({ room }) => room);

    expect(new Set(knowing)).toEqual(new Set(["sociomile", "sandbox"]));
  });
});

describe("the test house", () => {
  test("MUST have no two helpers of one name", () => {
    const paths = globSync("**/*.ts", { cwd: TEST, exclude: ["generated/**"] });
    const helpers = paths.flatMap((path) => [...helpersIn(join(TEST, path))].map((name) => ({ name, path })));
    const byName = Map.groupBy(helpers, ({ name }) => name);

    expect(byName.size).toBeGreaterThan(300);
    expect([...byName.values()].filter(({ length }) => length > 1)).toEqual([]);
  });
});

/** Names of the functions at the top of a module. */
function helpersIn(path: string): Set<string> {
  const declared = readFileSync(path, "utf8").matchAll(
    /^(?:export )?(?:(?:async )?function\*? |const (?=\w+ =\s+(?:async )?(?:\([^=]*\)|\w+)[^=\n]* =>))([a-z]\w*)/gm,
  );
  return new Set(Array.from(declared, ([, name]) => name!));
}

/** Folder of src that holds a path, or the name of a file beside the folders. */
function roomOf(path: string): string {
  return path.split("/")[0]!.replace(/\.tsx?$/, "");
}

/** Specifiers of every import and re-export, types included. */
function importsIn(text: string): string[] {
  const code = text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;
  return Array.from(code.matchAll(pattern), ([, specifier]) => specifier!);
}
