import { execFileSync } from "node:child_process";
import { isIP } from "node:net";

/** Extensions for which a server's certificate is refused, by the code that Node has for it. */
const EXTENSIONS = {
  INVALID_PURPOSE: "extendedKeyUsage=clientAuth",
  /** A critical one that nobody knows. Node has no code of its own for it, as for most faults. */
  UNSPECIFIED: "1.2.3.4=critical,DER:0500",
} as const;
export type CertificateFault = keyof typeof EXTENSIONS;
export const CERTIFICATE_FAULTS = Object.keys(EXTENSIONS) as CertificateFault[];

const KEY_FORM = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const TO_STDOUT = ["-keyout", "-"]; // and the certificate after it

/** Makes a key and a self-signed certificate for a host, in PEM. The certificate ends in some days. */
export function selfSigned(host = "127.0.0.1", days = 1, fault: CertificateFault | null = null) {
  const name = `subjectAltName=${isIP(host) ? "IP" : "DNS"}:${host}`;
  const extensions = [name, "basicConstraints=CA:FALSE", ...(fault ? [EXTENSIONS[fault]] : [])];
  const of = ["-subj", `/CN=${host}`, "-days", String(days), ...extensions.flatMap((one) => ["-addext", one])];
  const pem = execFileSync("openssl", ["req", "-x509", ...KEY_FORM, ...TO_STDOUT, ...of], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const certificateAt = pem.indexOf("-----BEGIN CERTIFICATE-----");
  return { key: pem.slice(0, certificateAt), cert: pem.slice(certificateAt) };
}
