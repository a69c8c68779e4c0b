/** Ids of submissions and reservations. They are UUIDs version 7 (RFC 9562): text in the service, 16 bytes in the database. */
import { SUBMISSION_ID } from "../tickets/submission.ts";

export function isId(text: string): boolean {
  return SUBMISSION_ID.test(text);
}

/** True when a database can hold the text: PostgreSQL refuses zero bytes and lone surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Returns the bytes of an id. The caller has checked text from outside with `isId`. */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}

export function textOf(id: Uint8Array): string {
  const hex = hexOf(id);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function hexOf(bytes: Uint8Array): string {
  return viewOf(bytes).toString("hex");
}

/** Returns the time at which an id was made, in milliseconds since the epoch. */
export function timeIn(id: Uint8Array): number {
  return viewOf(id).readUIntBE(0, 6);
}

/** Returns the same bytes as a Buffer, without a copy. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Returns the bytes that sort before every id of this millisecond and after every earlier id. */
export function firstIdAt(milliseconds: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.floor(milliseconds)), 0, 6);
  return bytes;
}
