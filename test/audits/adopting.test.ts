import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { MIGRATIONS } from "../../src/ledger/database/migrate.ts";
import { operator } from "../../operator/commands.ts";
import { VERSION } from "../../src/version.ts";
import { releasedVersion } from "../contract/breaking-changes.ts";
import { captured } from "../support/captured.ts";
import { ROOT, repositoryText } from "../support/repository.ts";

const page = repositoryText("docs/adopting.md");
/** Versions of the changelog, each with its date. */
const VERSIONS = captured(repositoryText("CHANGELOG.md"), /^## (\S+) \((?:\d{4}-\d\d-\d\d|not released yet)\)$/gm);
const lock = JSON.parse(repositoryText("package-lock.json")) as {
  version: string;
  packages: Record<
    string,
    { version?: string; license?: string; dev?: boolean; optional?: boolean; devOptional?: boolean }
  >;
};

test("The version MUST be the same in the package, its lockfile, the start line, the command line, the image, the deployment, the released contract and the changelog", () => {
  const [newest] = VERSIONS;
  const images = ["kubernetes.yaml", "sleep.yaml", "README.md"].flatMap((file) =>
    captured(repositoryText(`deploy/${file}`), /sociomile-subgraph:(\d[\w.-]*)/g),
  );
  const [label] = captured(repositoryText("deploy/Dockerfile"), /image\.version="([^"]+)"/g);

  expect(images.length).toBeGreaterThan(2);
  expect(repositoryText("CHANGELOG.md").match(/^## /gm)).toHaveLength(VERSIONS.length);
  for (const version of [
    lock.version,
    lock.packages[""]!.version,
    VERSION, // of the start line, `operator check`, traces and metrics
    operator.version(),
    label,
    releasedVersion(repositoryText("test/contract/released.graphql")),
    newest,
    ...images,
  ])
    expect(version).toBe(manifest.version);
});

test("Each migration MUST come with a version of the changelog", () => {
  for (const { version } of Object.values(MIGRATIONS)) expect(VERSIONS).toContain(version);
});

describe("the page for teams that adopt the service", () => {
  test("MUST name the versions with which the tests run", () => {
    const named = captured(page, /`(@[\w-]+\/[\w-]+)` (\d[\w.-]*)/g);
    const { devDependencies, dependencies } = manifest;
    const wanted = Object.entries(devDependencies).filter(([name]) =>
      /(?:gateway|router)-runtime$|^@apollo\/gateway$|composition$/.test(name),
    );

    expect(named).toHaveLength(wanted.length);
    for (const [name, version] of wanted) expect(page).toContain(`\`${name}\` ${version}`);
    expect(page).toContain(`(${dependencies["type-graphql"]})`);
    expect(`>=${/Node\.js: ([\d.]+) or a newer/.exec(page)?.[1]}`).toBe(manifest.engines.node);
  });

  test("MUST name every licence of what the image contains, and of the tools", () => {
    const section = page.split("\n## Licence\n")[1]!.split("\n## ")[0]!;
    const [inImage = ""] = section.split("Tools for development");
    const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
    const licencesOf = (isTool: boolean) =>
      new Set(
        packages
          .filter(([, { dev, optional, devOptional }]) => Boolean(dev || optional || devOptional) === isTool)
          .flatMap(([, { license = "" }]) => license.replaceAll(/[()]/g, "").split(/ (?:AND|OR) /)),
      );

    expect(licencesOf(false).size).toBeGreaterThan(3);
    expect([...licencesOf(false)].filter((licence) => !inImage.includes(licence))).toEqual([]);
    expect([...licencesOf(true)].filter((licence) => !section.includes(licence))).toEqual([]);
    expect(manifest.license).toBe("UNLICENSED");
  });

  // The adapter of the tests, which implements the same interface, is named beside them.
  test("MUST name the files that another vendor would change: those that import its folder, and its settings", () => {
    const files = globSync("{src,operator}/**/*.ts", { cwd: ROOT }).map((path) => path.replaceAll("\\", "/"));
    const importing = files.filter(
      (path) => !path.startsWith("src/sociomile/") && /from "\.{1,2}(?:\/src)?\/sociomile\//.test(repositoryText(path)),
    );
    const named = captured(page, /^- `((?:src|operator)\/[\w./-]+)`$/gm);

    expect(named.toSorted()).toEqual([...importing, "src/config/settings.ts"].toSorted());
    const [adapter = ""] = captured(page, /\]\(\.\.\/(test\/[\w./-]+)\)/g);
    expect(existsSync(join(ROOT, adapter))).toBe(true);
    expect(repositoryText(adapter)).toContain("implements TicketingSystem");
  });
});
