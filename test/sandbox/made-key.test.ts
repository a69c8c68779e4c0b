import { randomBytes } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyIn } from "../../sandbox/made-key.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

test("A ledger key MUST be made once, in a file that only this user can read", () => {
  using files = temporaryFiles();
  const file = join(files.directory, "deep", "ledger.key");

  const made = keyIn(file);

  expect(made).toHaveLength(32);
  expect(keyIn(file)).toEqual(made);
  expect(made).not.toEqual(randomBytes(32));
  expect(statSync(file).mode & 0o777).toBe(0o600);

  writeFileSync(file, "");
  expect(() => keyIn(file)).toThrow(/ledger\.key holds no ledger key/);
  const below = join(file, "below");
  expect(() => keyIn(below)).toThrow(/cannot be made or read \((?:EEXIST|ENOTDIR)\).*LEDGER_KEY/);
});
