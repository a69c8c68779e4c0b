/** Ids of submissions and reservations. They are UUIDs version 7 (RFC 9562): text in the service, 16 bytes in the database. */

/** Returns the bytes of an id. The caller has checked text from outside with `UUID`. */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}

export function textOf(id: Uint8Array): string {
  return id.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Returns the time at which an id was made, in milliseconds since the epoch. */
export function timeIn(id: Uint8Array): number {
  return Number.parseInt(id.toHex().slice(0, 12), 16);
}

/** Returns the bytes that sort before every id of this millisecond and after every earlier id. */
export function firstIdAt(milliseconds: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.min(Math.max(0, Math.floor(milliseconds)), 2 ** 48 - 1), 0, 6);
  return bytes;
}

/** Bytes that sort before those of every id, and after them. */
export const BEFORE_IDS = new Uint8Array();
export const AFTER_IDS = new Uint8Array(16).fill(0xff);
