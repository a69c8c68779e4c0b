/** Encryption of a ledger: its keys, and what is sealed in its rows. */
import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { NO_REFERENCES, type SubmittedDetails, type TicketRequest, submittedDetailsOf } from "../tickets/request.ts";
import { OUTCOME_NAMES, type Outcome, type OutcomeName, type VendorAnswer } from "../tickets/submission.ts";
import { NO_DETAILS, type Ticket, type TicketDetails } from "../tickets/ticket.ts";

const NONCE_BYTES = 12; // of AES-GCM (NIST SP 800-38D, section 8.2.2)
const TAG_BYTES = 16;
const KEY_BYTES = 32; // of AES-256 and HMAC-SHA-256
const KEY_ID_BYTES = 8;

export type LedgerCipher = ReturnType<typeof createLedgerCipher>;

/** The random key of a ledger, sealed. `sealed_by`: id of the ledger key that opens it, which reveals nothing about that key. */
export interface SealedDataKey {
  sealed_by: string;
  sealed: Uint8Array;
}

/** Binds a sealed data key to its use. */
const DATA_KEY = "data key";

export function newDataKey(ledgerKey: Uint8Array): SealedDataKey {
  return sealDataKey(randomBytes(KEY_BYTES), ledgerKey);
}

export function sealDataKey(dataKey: Uint8Array, ledgerKey: Uint8Array): SealedDataKey {
  const sealed = seal(dataKey, DATA_KEY, derive(ledgerKey, "data-key"));
  return { sealed_by: idOf(ledgerKey), sealed };
}

/** Opens a data key. Null: none of these keys has sealed it, or it was changed. */
export function openDataKey({ sealed_by, sealed }: SealedDataKey, ledgerKeys: readonly Uint8Array[]) {
  const own = ledgerKeys.find((key) => idOf(key) === sealed_by);
  return own ? open(sealed, DATA_KEY, derive(own, "data-key")) : null;
}

export function idOf(ledgerKey: Uint8Array): string {
  return derive(ledgerKey, "id").export().subarray(0, KEY_ID_BYTES).toHex();
}

/** Cryptography of everything in the rows of a ledger. */
export function createLedgerCipher(dataKey: Uint8Array) {
  const [ofFingerprints, ofTexts] = [derive(dataKey, "fingerprint"), derive(dataKey, "seal")];
  return {
    /** HMAC-SHA-256 of `input` for the row with `id`. Nobody can guess the input without the key; equal ones differ by row. */
    fingerprint(input: string, id: string): Uint8Array {
      const text = id + input; // every id has one length, so the border between the two is clear
      return createHmac("sha256", ofFingerprints).update(text).digest();
    },

    /** True when a row has the fingerprint of `input`. */
    matches(row: { id: string; fingerprint: Uint8Array }, input: string): boolean {
      const expected = this.fingerprint(input, row.id);
      return row.fingerprint.length === expected.length && timingSafeEqual(row.fingerprint, expected);
    },

    /** Encrypts `text` with AES-256-GCM, and binds it to its use and the id of its row: it cannot be decrypted elsewhere. */
    seal: (text: string, boundTo: string) => seal(Buffer.from(text), boundTo, ofTexts),

    /** Decrypts a sealed text. Null when it was sealed for another row or use, or changed. */
    open: (sealed: Uint8Array, boundTo: string): string | null => open(sealed, boundTo, ofTexts)?.toString() ?? null,
  };
}

/** Writes what is sealed. Times become plain objects, and what is null is left out. */
export const sealedText = (value: object): string => JSON.stringify(plainCopy(value));

/** Copies an object for JSON. A replacer would take twice as long. */
function plainCopy(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const [field, each] of Object.entries(value))
    if (each instanceof Temporal.Instant) copy[field] = { epochMilliseconds: each.epochMilliseconds };
    else if (each !== null) copy[field] = typeof each === "object" ? plainCopy(each as object) : each;
  return copy;
}

/** Encrypts what a create submitted, but what has columns. Null for an update. */
export function sealSubmitted(request: TicketRequest, id: string, cipher: LedgerCipher): Uint8Array | null {
  const submitted = submittedDetailsOf(request);
  return submitted && cipher.seal(sealedText({ ...submitted, ...NO_REFERENCES }), `details ${id}`);
}

/** Encrypts what Sociomile reported about a ticket, bound to that ticket. Null: nothing was reported. */
export function sealReport(ticket: Ticket, cipher: LedgerCipher): Uint8Array | null {
  const details = (Object.keys(NO_DETAILS) as (keyof TicketDetails)[]).map((name) => [name, ticket[name]]);
  const text = sealedText(Object.fromEntries(details) as object);
  return text === "{}" ? null : cipher.seal(text, `report ${ticket.id}`);
}

export function sealRequest(request: TicketRequest, id: string, cipher: LedgerCipher): Uint8Array {
  return cipher.seal(sealedText(request), `request ${id}`);
}

/** Sociomile's words in an answer, with what they meant to this service, and the time (epoch, ms). */
export interface KeptAnswer extends VendorAnswer {
  outcome: OutcomeName;
  at: number;
}

export function sealAnswer(answer: VendorAnswer, { outcome }: Outcome, id: string, cipher: LedgerCipher) {
  const kept: KeptAnswer = { ...answer, outcome: OUTCOME_NAMES[outcome], at: Date.now() };
  return cipher.seal(JSON.stringify(kept), `answer ${id}`);
}

type Sealed = [sealed: Uint8Array, id: string, cipher: LedgerCipher];

/** Decrypts what was sealed for one use in one row. Null: it was changed. Times are plain objects. */
const openAs = (use: string, [sealed, id, cipher]: Sealed, reviver?: typeof timesOf): unknown =>
  JSON.parse(cipher.open(sealed, `${use} ${id}`) ?? "null", reviver);

export const openSubmitted = (...sealed: Sealed) => openAs("details", sealed) as SubmittedDetails | null;
export const openAnswer = (...sealed: Sealed) => openAs("answer", sealed) as KeptAnswer | null;
export const openReport = (...sealed: Sealed) => openAs("report", sealed) as Partial<TicketDetails> | null;
/** Its times are instants. */
export const openRequest = (...sealed: Sealed) => openAs("request", sealed, timesOf) as TicketRequest | null;

const timesOf = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && "epochMilliseconds" in value
    ? Temporal.Instant.fromEpochMilliseconds(Number(value.epochMilliseconds))
    : value;

/** Derives one key for each use (HKDF, RFC 5869), so that no use reveals anything about another. */
function derive(key: Uint8Array, use: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync("sha256", key, "", `sociomile-ledger/${use}/1`, KEY_BYTES)));
}

function seal(content: Uint8Array, boundTo: string, key: KeyObject): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(boundTo));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Uint8Array, boundTo: string, key: KeyObject): Buffer | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(boundTo))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const opened = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    decipher.final(); // it returns nothing in this mode, and throws when the tag is wrong
    return opened;
  } catch {
    return null;
  }
}
