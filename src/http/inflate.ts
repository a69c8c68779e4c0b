import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";

/** Largest ratio of a body to its compressed form. Requests stay far below it, and bombs do not. */
export const MAX_RATIO = 100;

/** Content codings of bodies that are read (RFC 9110, section 8.4.1). */
const CODINGS = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };
type Coding = keyof typeof CODINGS;

/** Value of `Accept-Encoding` in the refusal of another coding (RFC 9110, section 12.5.3). */
export const ACCEPTED_CODINGS = Object.keys(CODINGS).join(", ");

const rawInflate = promisify(inflateRaw);

export function isCoding(name: string): name is Coding {
  return Object.hasOwn(CODINGS, name);
}

/** Inflates a body. Null: it would be larger than `mostBytes`, or than its compressed form by more than the ratio. Rejects when it is malformed. */
export async function inflated(bytes: Buffer, coding: Coding, mostBytes: number): Promise<Buffer | null> {
  const decode = coding === "deflate" && !hasZlibHeader(bytes) ? rawInflate : CODINGS[coding];
  try {
    return await decode(bytes, { maxOutputLength: Math.min(mostBytes, bytes.length * MAX_RATIO) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
}

/** Recognises the header of the zlib format (RFC 1950). Apollo Router sends `deflate` without it. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
