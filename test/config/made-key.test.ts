import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyIn } from "../../src/config/made-key.ts";

test("A ledger key MUST be made once, in a file that only this user can read", () => {
  const directory = mkdtempSync(join(tmpdir(), "sociomile-key-"));
  try {
    const file = join(directory, "deep", "ledger.key");

    const made = keyIn(file);

    expect(made).toHaveLength(32);
    expect(keyIn(file)).toEqual(made);
    expect(made).not.toEqual(randomBytes(32));
    expect(statSync(file).mode & 0o777).toBe(0o600);

    writeFileSync(file, "");
    expect(() => keyIn(file)).toThrow(/ledger\.key holds no ledger key/);
    expect(() => keyIn(join(file, "below"))).toThrow(
      /cannot be made or read \((?:EEXIST|ENOTDIR)\).*LEDGER_KEY/,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
