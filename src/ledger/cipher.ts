import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

/** Bytes of the id of a key. Every fingerprint and every sealed text begins with them. */
export const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12; // of AES-GCM (NIST SP 800-38D, section 8.2.2)
const TAG_BYTES = 16;
const DERIVED_KEY_BYTES = 32; // of AES-256 and HMAC-SHA-256

type DerivedKeys = ReturnType<typeof derive>;
export type LedgerCipher = ReturnType<typeof createLedgerCipher>;

/** Cryptography of the ledger: of its one or two keys the first encrypts, and both decrypt. `onMissingKey` gets the id of each key that is absent. */
export function createLedgerCipher(
  keys: readonly Uint8Array[],
  onMissingKey: (keyId: string) => void = () => {},
) {
  const all = keys.map(derive);
  const [first] = all;
  if (!first) throw new TypeError("The ledger needs a key");
  const byId = new Map(all.map((each) => [each.id.toHex(), each]));
  /** Returns the keys that made a fingerprint or sealed a text, which begins with their id. */
  const keysOf = (made: Uint8Array): DerivedKeys | undefined => {
    const id = made.subarray(0, KEY_ID_BYTES).toHex();
    const found = byId.get(id);
    if (!found) onMissingKey(id);
    return found;
  };
  return {
    /** Id of the key that encrypts. It reveals nothing about the key. */
    id: first.id.toHex(),
    /** Ids of the keys that are here. */
    ids: [...byId.keys()],

    /** HMAC-SHA-256 of `input` for the row with `id`, after its key's id. Nobody can guess the input without the key; equal ones differ by row. */
    fingerprint: (input: string, id: string) => fingerprintWith(first, input, id),

    /** True when a row has the fingerprint of `input`. Null when its key is not here. */
    matches({ id, fingerprint }: { id: string; fingerprint: Uint8Array }, input: string): boolean | null {
      const own = keysOf(fingerprint);
      if (!own) return null;
      const expected = fingerprintWith(own, input, id);
      return fingerprint.length === expected.length && timingSafeEqual(fingerprint, expected);
    },

    /** Encrypts `text` with AES-256-GCM, and binds it to its use and the id of its row: it cannot be decrypted elsewhere. */
    seal(text: string, boundTo: string): Uint8Array {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", first.seal, nonce).setAAD(Buffer.from(boundTo));
      const parts = [first.id, nonce, cipher.update(Buffer.from(text)), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(parts);
    },

    /** Decrypts a sealed text. Null when its key is absent, or when it was sealed for another row or use, or changed. */
    open(sealed: Uint8Array, boundTo: string): string | null {
      if (sealed.length < KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES) return null;
      const own = keysOf(sealed);
      if (!own) return null;
      const text = sealed.subarray(KEY_ID_BYTES);
      try {
        const decipher = createDecipheriv("aes-256-gcm", own.seal, text.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(boundTo))
          .setAuthTag(text.subarray(-TAG_BYTES));
        const opened = decipher.update(text.subarray(NONCE_BYTES, -TAG_BYTES));
        decipher.final(); // it returns nothing in this mode, and throws when the tag is wrong
        return opened.toString();
      } catch {
        return null;
      }
    },
  };
}

/** Derives one key for each use (HKDF, RFC 5869), so that no use reveals anything about another. */
function derive(key: Uint8Array) {
  const forUse = (use: string) =>
    new Uint8Array(hkdfSync("sha256", key, "", `sociomile-ledger/${use}/1`, DERIVED_KEY_BYTES));
  return {
    id: forUse("id").subarray(0, KEY_ID_BYTES),
    fingerprint: createSecretKey(forUse("fingerprint")),
    seal: createSecretKey(forUse("seal")),
  };
}

/** Every id is a UUID of one length, so the border between id and input is clear. */
function fingerprintWith(keys: DerivedKeys, input: string, id: string): Uint8Array {
  const hmac = createHmac("sha256", keys.fingerprint).update(id + input);
  return Buffer.concat([keys.id, hmac.digest()]);
}
