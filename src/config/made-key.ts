import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UnusableSettings } from "./config.ts";
import { LEDGER_KEY_BYTES } from "./setting-types.ts";

/** File in which development keeps the ledger key that it made. */
export const MADE_LEDGER_KEY = ".data/ledger.key";

/** Returns the key in `file`; makes one that only this user can read when there is no file. Throws UnusableSettings when it cannot, or finds none. */
export function keyIn(file: string): Uint8Array {
  let key: Uint8Array;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const made = randomBytes(LEDGER_KEY_BYTES).toString("base64");
    if (!existsSync(file)) writeFileSync(file, `${made}\n`, { flag: "wx", mode: 0o600 });
    key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UnusableSettings([
      `The ledger key in ${file} cannot be made or read (${code}). Let this user write there, or set LEDGER_KEY.`,
    ]);
  }
  if (key.length !== LEDGER_KEY_BYTES)
    throw new UnusableSettings([
      `${file} holds no ledger key. Restore it, or remove it with the ledger beside it.`,
    ]);
  return key;
}
