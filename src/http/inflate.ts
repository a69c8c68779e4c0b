import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

/** Largest ratio of a body to its compressed form. Requests stay far below it, and bombs do not. */
export const MAX_RATIO = 100;

/** Content codings of bodies that are read (RFC 9110, section 8.4.1). */
const CODINGS = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
type Coding = keyof typeof CODINGS;

/** Value of `Accept-Encoding` in the refusal of another coding (RFC 9110, section 12.5.3). */
export const ACCEPTED_CODINGS = Object.keys(CODINGS).join(", ");

export function isCoding(name: string): name is Coding {
  return Object.hasOwn(CODINGS, name);
}

/**
 * Inflates a body at once, because a decoder of brotli may take 16 MiB while it works. Null: it would be larger than `mostBytes`, or than its
 * compressed form by more than the ratio. Throws when it is malformed.
 */
export function inflated(bytes: Buffer, coding: Coding, mostBytes: number): Buffer | null {
  const decode = coding === "deflate" && !hasZlibHeader(bytes) ? inflateRawSync : CODINGS[coding];
  try {
    return decode(bytes, { maxOutputLength: Math.min(mostBytes, bytes.length * MAX_RATIO) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
}

/** Recognises the header of the zlib format (RFC 1950). Apollo Router sends `deflate` without it. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
