/** Packages of which the bundles have code, for the list of what is shipped. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const ROOT = import.meta.dirname;
const fileOf = (bundle: string) => `${ROOT}/dist/${bundle}.packages.json`;

interface Chunk {
  modules?: Record<string, { renderedLength: number }>;
}

/** Makes the plugin of Rolldown and Vite that writes down the packages of a bundle, each as name@version. */
export function listPackages(bundle: string) {
  return {
    name: "list-packages",
    writeBundle(_: unknown, output: Record<string, object>): void {
      const modules = Object.values(output).flatMap((chunk) =>
        Object.entries((chunk as Chunk).modules ?? {}),
      );
      const paths = modules
        .filter(([, { renderedLength }]) => renderedLength > 0)
        .flatMap(([module]) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0] ?? []);
      mkdirSync(`${ROOT}/dist`, { recursive: true });
      writeFileSync(fileOf(bundle), JSON.stringify([...new Set(paths)].map(packageAt).toSorted()));
    },
  };
}

function packageAt(path: string): string {
  const { name, version } = JSON.parse(readFileSync(`${path}/package.json`, "utf8")) as Record<
    string,
    string
  >;
  return `${name}@${version}`;
}

// As a command it marks, in the list of `npm sbom` on standard input, what no bundle has: CycloneDX calls it excluded.
if (import.meta.main) {
  const shipped = new Set(
    ["service", "console"].flatMap((bundle) => JSON.parse(readFileSync(fileOf(bundle), "utf8")) as string[]),
  );
  const sbom = JSON.parse(await text(process.stdin)) as {
    components: { name: string; version: string; scope: string }[];
  };
  for (const component of sbom.components)
    if (!shipped.has(`${component.name}@${component.version}`)) component.scope = "excluded";
  console.log(JSON.stringify(sbom, null, 2));
}
