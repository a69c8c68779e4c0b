/** `npm run sbom`: prints the packages of the image, and the tools that built it, in CycloneDX. Needs a build. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packagesOf } from "./bundled-packages.ts";

const ROOT = join(import.meta.dirname, "..");
/** Tools whose work is in the image. */
const BUILD_TOOLS = ["rolldown", "typescript", "vite"];

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: object;
}

const directory = mkdtempSync(join(tmpdir(), "sbom-"));
try {
  const folder = join(directory, "sociomile-subgraph"); // npm names the whole after it
  mkdirSync(folder);
  copyFileSync(join(ROOT, "package-lock.json"), join(folder, "package-lock.json"));
  const { devDependencies = {}, optionalDependencies: _, ...manifest } = manifestOf();
  const tools = Object.fromEntries(BUILD_TOOLS.map((name) => [name, devDependencies[name]]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, devDependencies: tools }));
  npm(folder, "install", "--package-lock-only", "--offline", "--ignore-scripts");
  console.log(marked(npm(folder, "sbom", "--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=application")));
} finally {
  rmSync(directory, { recursive: true });
}

function manifestOf(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Marks packages of which no bundle has code: CycloneDX calls them excluded. */
function marked(list: string): string {
  const shipped = new Set(["service", "console"].flatMap(packagesOf));
  const sbom = JSON.parse(list) as { components: { name: string; version: string; scope: string }[] };
  for (const component of sbom.components)
    component.scope = shipped.has(`${component.name}@${component.version}`) ? "required" : "excluded";
  return JSON.stringify(sbom, null, 2);
}
