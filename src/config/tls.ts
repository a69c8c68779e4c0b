import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { type FileChange, rotating } from "./rotating.ts";
import type { Values } from "./settings-reader.ts";

type TlsSettings = Pick<Values, "TLS_CERT_FILE" | "TLS_KEY_FILE" | "TLS_CLIENT_CA_FILE">;

/** Contents of the files, as node:tls takes them. With `ca`, clients must show a certificate of one of these authorities. */
type TlsFiles = NonNullable<ReturnType<typeof filesOf>>;

/** Returns the mistake in the settings or in the files, without any content; null: there is none. */
export function mistakeInTls(settings: TlsSettings): string | null {
  const files = filesOf(settings);
  if (files) return mistakeIn(files);
  const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = settings;
  const isOff = (TLS_CERT_FILE ?? TLS_KEY_FILE ?? TLS_CLIENT_CA_FILE) === null;
  return isOff ? null : "TLS_CERT_FILE and TLS_KEY_FILE must be set together";
}

/** Returns the function that gives the files in force; null: TLS is off. Files that have changed are in force when they fit together. */
export function rotatingTls(settings: TlsSettings, hear: (change: FileChange) => void) {
  const first = filesOf(settings);
  const read = () => filesOf(settings);
  return first && rotating(first, read, (files) => mistakeIn(files) === null, hear);
}

/** Lists the ends of the certificates, by the setting that names their file and their position there, from 1 on. */
export function endsOf({ cert, ca = "" }: TlsFiles) {
  return Object.entries({ TLS_CERT_FILE: cert, TLS_CLIENT_CA_FILE: ca }).flatMap(([setting, pem]) =>
    certificatesIn(pem).map(({ validToDate: end }, index) => ({ setting, position: index + 1, end })),
  );
}

/** Null: TLS is off, or not set wholly. */
function filesOf({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE }: TlsSettings) {
  if (TLS_CERT_FILE === null || TLS_KEY_FILE === null) return null;
  return {
    cert: textIn(TLS_CERT_FILE),
    key: textIn(TLS_KEY_FILE),
    ...(TLS_CLIENT_CA_FILE !== null && { ca: textIn(TLS_CLIENT_CA_FILE) }),
  };
}

function mistakeIn(files: TlsFiles): string | null {
  const { cert, ca } = files;
  if (certificatesIn(cert).length === 0) return "TLS_CERT_FILE must name a file of certificates in PEM";
  if (ca !== undefined && certificatesIn(ca).length === 0)
    return "TLS_CLIENT_CA_FILE must name a file of certificates in PEM";
  try {
    createSecureContext(files);
    return null;
  } catch {
    return "TLS_KEY_FILE must name a file with the key of the certificate in TLS_CERT_FILE, in PEM, without a passphrase";
  }
}

/** Reads the certificates of a PEM text. An empty list: there is none, or one of them cannot be read. */
function certificatesIn(pem: string): X509Certificate[] {
  try {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

/** Reads a file. An empty text: it cannot be read. */
function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
