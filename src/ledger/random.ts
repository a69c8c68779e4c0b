import { randomFillSync } from "node:crypto";

/** Random bytes for many uses, because one call of the generator costs more than everything around it. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Returns `size` random bytes, at most 4096. No other call returns them. */
export function someRandomBytes(size: number): Buffer {
  if (used + size > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += size;
  return Buffer.from(pool.subarray(used - size, used));
}
