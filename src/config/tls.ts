import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { type FileChange, createSource, textIn } from "./files.ts";
import type { Values } from "./settings.ts";

type TlsSettings = Pick<Values, "TLS_CERT_FILE" | "TLS_KEY_FILE" | "TLS_CLIENT_CA_FILE">;

/** Contents of the files, as node:tls takes them. With `ca`, clients must show a certificate of one of these authorities. */
interface TlsFiles {
  cert: string;
  key: string;
  ca?: string;
}

/** Returns the mistake in the settings or in the files, without any content; null: there is none. */
export function mistakeInTls(settings: TlsSettings): string | null {
  const files = filesOf(settings);
  if (files) return mistakeIn(files);
  const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = settings;
  const isOff = (TLS_CERT_FILE ?? TLS_KEY_FILE ?? TLS_CLIENT_CA_FILE) === null;
  return isOff ? null : "TLS_CERT_FILE and TLS_KEY_FILE must be set together";
}

/** Returns the function that gives the files in force; null: TLS is off. Changed files count when they fit together. */
export function createTlsSource(settings: TlsSettings, onChange: (change: FileChange) => void) {
  const first = filesOf(settings);
  const read = () => filesOf(settings);
  return first && createSource(first, read, (files) => mistakeIn(files) === null, onChange);
}

/** Lists the ends of the certificates, by the setting that names their file and their position there, from 1 on. */
export function endsOf({ cert, ca = "" }: TlsFiles) {
  const files = { TLS_CERT_FILE: cert, TLS_CLIENT_CA_FILE: ca };
  return Object.entries(files).flatMap(([setting, pem]) =>
    certificatesIn(pem).map(({ validToDate: end }, index) => ({ setting, position: index + 1, end })),
  );
}

const contentOf = (file: string) => textIn(file, Infinity) ?? "";

/** Null: TLS is off, or not set wholly. A file that cannot be read counts as empty. */
function filesOf({ TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE }: TlsSettings): TlsFiles | null {
  if (TLS_CERT_FILE === null || TLS_KEY_FILE === null) return null;
  const ca = TLS_CLIENT_CA_FILE === null ? {} : { ca: contentOf(TLS_CLIENT_CA_FILE) };
  return { cert: contentOf(TLS_CERT_FILE), key: contentOf(TLS_KEY_FILE), ...ca };
}

function mistakeIn(files: TlsFiles): string | null {
  if (certificatesIn(files.cert).length === 0) return "TLS_CERT_FILE must name a file of certificates in PEM";
  if (files.ca !== undefined && certificatesIn(files.ca).length === 0)
    return "TLS_CLIENT_CA_FILE must name a file of certificates in PEM";
  try {
    createSecureContext(files);
    return null;
  } catch {
    return "TLS_KEY_FILE must name a file with the key of the certificate in TLS_CERT_FILE, in PEM, without a passphrase";
  }
}

/** Reads the certificates of a PEM text. An empty list: it has no certificate, or a broken one. */
function certificatesIn(pem: string): X509Certificate[] {
  try {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}
