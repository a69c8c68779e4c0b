import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Size of a ledger key, in bytes. */
const KEY_BYTES = 32;

/** Returns the ledger key in `file`; makes one that only this user can read when there is no file. Throws an Error with a sentence when it cannot, or finds none. */
export function keyIn(file: string): Uint8Array {
  let key: Uint8Array;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const made = randomBytes(KEY_BYTES).toString("base64");
    if (!existsSync(file)) writeFileSync(file, `${made}\n`, { flag: "wx", mode: 0o600 });
    key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `The ledger key in ${file} cannot be made or read (${code}). Let this user write there, or set LEDGER_KEY.`,
      { cause: error },
    );
  }
  if (key.length !== KEY_BYTES)
    throw new Error(`${file} holds no ledger key. Restore it, or remove it with the ledger beside it.`);
  return key;
}
