/** Later versions of this service, built from its source and the rehearsed migrations. They stand for releases that do not exist yet. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { VERSION } from "../../src/version.ts";
import { PRODUCTION } from "../config/production.ts";
import { LEDGER_KEY } from "./ledgers.ts";
import { ROOT, repositoryText } from "./repository.ts";
import { temporaryFiles } from "./temporary-files.ts";

/** Numbers of the versions after the present one. */
export const LATER = { second: "99.2.0", third: "99.3.0" } as const;

/** Migrations that each later version adds, as code. */
const MIGRATIONS = {
  second: `...t2("${LATER.second}", "${VERSION}")`,
  third: `...t2("${LATER.second}", "${VERSION}"), ...t3("${LATER.third}", "${LATER.second}", "${VERSION}")`,
};

export type BuiltVersion = ReturnType<typeof buildVersion>;
export type LaterVersions = Record<keyof typeof LATER, BuiltVersion>;

/** Builds a later version into a folder of its own, which is removed at the end. Both write the new column. */
export function buildVersion(name: keyof typeof LATER) {
  const files = temporaryFiles();
  const path = (file: string) => join(files.directory, file);
  for (const each of ["src", "operator", "rehearsal", "tsconfig.json", "tsconfig.build.json"])
    cpSync(join(ROOT, each), path(each), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), path("node_modules"));
  const manifest = JSON.parse(repositoryText("package.json")) as object;
  files.write("package.json", JSON.stringify({ ...manifest, version: LATER[name] }));
  const rehearsal = repositoryText("test/ledger/rehearsal/migrations.ts");
  files.write("src/ledger/database/rehearsal.ts", rehearsal.replaceAll("../../../src/ledger/database/", "./"));
  edit(path("src/ledger/database/migrate.ts"), [
    [/^import /m, 'import { t2, t3 } from "./rehearsal.ts";\nexport const both = [t2, t3];\nimport '],
    [/^\};\n$(?![^]*^\};)/m, `  ${MIGRATIONS[name]},\n};\n`],
  ]);
  edit(path("src/ledger/submissions/reserve.ts"), [
    [/^ {4}answer: null,$/m, '    answer: null,\n    known_by: referencesOf(request).helpdeskTicketNumber ?? "",'],
  ]);
  edit(path("src/ledger/database/tables.ts"), [
    [/"requested_status"(?=\] as const)/, '"requested_status", "known_by"'],
  ]);
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", path("tsconfig.build.json"), "--noCheck"], { stdio: "inherit" });
  return {
    version: LATER[name],
    app: path("dist/compiled/src/app.js"),
    operator: path("dist/compiled/operator/main.js"),
    [Symbol.dispose]: () => files[Symbol.dispose](),
  };
}

function edit(file: string, changes: readonly [RegExp, string][]): void {
  let content = readFileSync(file, "utf8");
  for (const [place, replacement] of changes) {
    if (!place.test(content)) throw new Error(`${file} has no ${place.source}`);
    content = content.replace(place, () => replacement);
  }
  writeFileSync(file, content);
}

/** Starts the command line of a version. `ended` resolves with its exit code and output. */
export function startOperatorOf({ operator }: Pick<BuiltVersion, "operator">, ledgerUrl: string, ...args: string[]) {
  const env = { ...PRODUCTION, DATABASE_URL: ledgerUrl, LEDGER_KEY: LEDGER_KEY.toString("base64") };
  const child = spawn(process.execPath, [operator, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const output = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  const ended = output.then(([stdout, stderr, [code]]) => ({ code: code as number | null, stdout, stderr }));
  return { ended, kill: () => child.kill("SIGKILL") };
}
