/** Packages of which the bundles have code, for the list of what is shipped. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DIST = join(import.meta.dirname, "../dist");
const fileOf = (bundle: string) => join(DIST, `${bundle}.packages.json`);

interface Chunk {
  modules?: Record<string, { renderedLength: number }>;
}

/** Makes the plugin of Rolldown and Vite that writes down the packages of a bundle, each as name@version. */
export function listPackages(bundle: string) {
  return {
    name: "list-packages",
    writeBundle(_: unknown, output: Record<string, object>): void {
      const modules = Object.values(output).flatMap((chunk) => Object.entries((chunk as Chunk).modules ?? {}));
      const paths = modules
        .filter(([, { renderedLength }]) => renderedLength > 0)
        .flatMap(([module]) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0] ?? []);
      mkdirSync(DIST, { recursive: true });
      writeFileSync(fileOf(bundle), JSON.stringify([...new Set(paths)].map(packageAt).toSorted()));
    },
  };
}

function packageAt(path: string): string {
  const { name, version } = JSON.parse(readFileSync(`${path}/package.json`, "utf8")) as Record<string, string>;
  return `${name}@${version}`;
}

/** Reads what the plugin has written. */
export function packagesOf(bundle: string): string[] {
  return JSON.parse(readFileSync(fileOf(bundle), "utf8")) as string[];
}
