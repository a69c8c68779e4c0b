import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** Who may import from whom. A room is a folder of src, or a file beside them; what is not listed is forbidden. */
const ARROWS: Record<string, readonly string[]> = {
  main: ["app", "config"],
  "forget-ticket": ["app", "config"],
  app: [
    "config",
    "environment",
    "errors",
    "graphql",
    "http",
    "identity",
    "ledger",
    "observe",
    "sandbox",
    "secret",
    "sociomile",
    "tickets",
  ],
  config: ["environment"],
  environment: [],
  secret: ["environment"],
  errors: [],
  graphql: ["tickets", "errors", "identity", "observe"],
  http: ["errors", "observe"],
  identity: ["errors"],
  ledger: ["tickets", "errors", "observe"],
  observe: [],
  sandbox: [],
  sociomile: ["tickets", "errors", "observe"],
  tickets: ["errors"],
};

/** What only those may touch who deal with it: by package, the rooms that may import it. */
const TOOLS: Record<string, readonly string[]> = {
  undici: ["sociomile"],
  "node:sqlite": ["ledger"],
  kysely: ["ledger"],
  pg: ["ledger"],
  "type-graphql": ["graphql"],
  "@apollo/server": ["graphql"],
  "@apollo/subgraph": ["graphql"],
  graphql: ["graphql"],
  "class-validator": ["graphql"],
  jose: ["identity"],
  negotiator: ["http"],
  pino: ["observe"],
  "prom-client": ["observe"],
};

/** Rooms for nothing in particular. */
const NO_ROOMS = new Set([
  "utils",
  "util",
  "common",
  "helpers",
  "helper",
  "services",
  "types",
  "shared",
  "lib",
  "misc",
]);

/** The field's word for what a GraphQL schema consists of. */
const OBJECT_TYPES = "graphql/types";

/** I/O, which those that only decide must leave to others. */
const IO =
  /^(?:node:(?:fs|fs\/promises|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|sqlite)|undici|pg|kysely)$/;

interface File {
  /** From src, with slashes. */
  path: string;
  room: string;
  text: string;
  imports: string[];
}

const files: File[] = globSync("**/*.ts", { cwd: SRC })
  .filter((path) => !path.endsWith(".d.ts"))
  .map((name) => {
    const path = name.replaceAll("\\", "/");
    const text = readFileSync(join(SRC, name), "utf8");
    return { path, room: roomOf(path), text, imports: importsIn(text) };
  });

describe("the house", () => {
  test("MUST be seen by this test: files and imports in every room", () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.find(({ path }) => path === "app.ts")?.imports).toContain("./sociomile/client.ts");
  });

  test("MUST have no rooms but those of the table", () => {
    const rooms = new Set(files.map(({ room }) => room));

    expect([...rooms].filter((room) => !(room in ARROWS))).toEqual([]);
  });

  test("MUST have no arrows but those of the table", () => {
    const forbidden = files.flatMap(({ path, room, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => roomOf(normalize(join(dirname(path), specifier)).replaceAll("\\", "/")))
        .filter((target) => target !== room && !ARROWS[room]?.includes(target))
        .map((target) => `${path} -> ${target}`),
    );

    expect(forbidden).toEqual([]);
  });

  test("MUST NOT reach out of src", () => {
    const outside = files.flatMap(({ path, imports }) =>
      imports
        .filter(
          (specifier) =>
            /^[./]/.test(specifier) && normalize(join(dirname(path), specifier)).startsWith(".."),
        )
        .map((specifier) => `${path} -> ${specifier}`),
    );

    expect(outside).toEqual([]);
  });

  test("MUST have no folder that belongs to nobody", () => {
    const folders = globSync("**/*/", { cwd: SRC })
      .map((folder) => folder.replaceAll("\\", "/").replace(/\/$/, ""))
      .filter((folder) => folder !== OBJECT_TYPES);

    expect(folders.filter((folder) => NO_ROOMS.has(basename(folder)))).toEqual([]);
  });

  test("MUST keep each tool in the room of those who need it", () => {
    const strayed = files.flatMap(({ path, room, imports }) =>
      imports
        .filter((specifier) => specifier in TOOLS && !TOOLS[specifier]?.includes(room))
        .map((specifier) => `${path} -> ${specifier}`),
    );

    expect(strayed).toEqual([]);
  });

  test("MUST decide without input and output", () => {
    const touched = files
      .filter(({ room }) => room === "tickets" || room === "errors")
      .flatMap(({ path, imports }) =>
        imports.filter((specifier) => IO.test(specifier)).map((specifier) => `${path} -> ${specifier}`),
      );

    expect(touched).toEqual([]);
  });

  test("MUST have a stand-in vendor that shares nothing with us, and that only app.ts starts", () => {
    const inside = files.filter(({ room }) => room === "sandbox");
    const shared = inside.flatMap(({ path, imports }) =>
      imports
        .filter((specifier) => !/^(?:\.\/|node:)/.test(specifier))
        .map((specifier) => `${path} -> ${specifier}`),
    );
    const starters = files.filter(
      ({ room, imports }) =>
        room !== "sandbox" && imports.some((specifier) => specifier.includes("/sandbox/")),
    );

    expect(inside).not.toEqual([]);
    expect(shared).toEqual([]);
    expect(starters.map(({ path }) => path)).toEqual(["app.ts"]);
  });

  test("MUST read the environment in one place", () => {
    const readers = files.filter(({ text }) => /\bprocess\s*\.\s*env\b|import\.meta\.env\b/.test(text));

    expect(readers.map(({ path }) => path).filter((path) => path !== "config.ts")).toEqual([]);
  });

  test("MUST know the vendor's addresses in sociomile/ only, and in the stand-in", () => {
    const knowing = files
      .filter(({ text }) => /bank-sulut|client_secret_key/.test(text))
      .map(({ room }) => room);

    expect(new Set(knowing)).toEqual(new Set(["sociomile", "sandbox"]));
  });
});

/** The folder of src that a path is in, or the name of a file beside them. */
function roomOf(path: string): string {
  return path.split("/")[0]!.replace(/\.ts$/, "");
}

/** The specifiers of every import and re-export, types included: an arrow is an arrow. */
function importsIn(text: string): string[] {
  const code = text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;
  return Array.from(code.matchAll(pattern), ([, specifier]) => specifier!);
}
