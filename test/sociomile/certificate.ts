import { type KeyObject, generateKeyPairSync, sign } from "node:crypto";
import { isIP } from "node:net";

/** Extensions (RFC 5280, section 4.2) for which a server's certificate is refused, by the code that Node has for it. */
const EXTENSIONS = {
  /** extKeyUsage: for clients alone. */
  INVALID_PURPOSE: ["551d25", "", "300a06082b06010505070302"],
  /** A critical one that nobody knows. Node has no code of its own for it, as for most faults. */
  UNSPECIFIED: ["2a0304", "0101ff", "0500"],
} as const;
export type CertificateFault = keyof typeof EXTENSIONS;
export const CERTIFICATE_FAULTS = Object.keys(EXTENSIONS) as CertificateFault[];

/** Makes a key and a self-signed certificate for a host, in PEM. The certificate begins a day ago and ends in some days. */
export function selfSigned(
  host = "127.0.0.1",
  days = 1,
  fault: CertificateFault | null = null,
): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: certificate(host, days, fault, privateKey, publicKey),
  };
}

// X.509 (RFC 5280, section 4.1) in version 3, with the host as alternative name, which Rust's TLS demands.
function certificate(
  host: string,
  days: number,
  fault: CertificateFault | null,
  privateKey: KeyObject,
  publicKey: KeyObject,
): string {
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
  const commonName = der(0x30, der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from(host)));
  const name = der(0x30, der(0x31, commonName));
  const alternative = isIP(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host));
  const extension = der(0x30, der(0x06, Buffer.from("551d11", "hex")), der(0x04, der(0x30, alternative)));
  const [id, critical, value] = fault ? EXTENSIONS[fault].map((hex) => Buffer.from(hex, "hex")) : [];
  const more = fault ? [der(0x30, der(0x06, id!), critical!, der(0x04, value!))] : [];
  const now = Temporal.Now.instant();
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serial number
    ecdsaWithSha256,
    name, // issuer
    der(0x30, time(now.subtract({ hours: 24 })), time(now.add({ hours: 24 * days }))),
    name, // subject
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, extension, ...more)),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", toBeSigned, privateKey));
  const base64 = der(0x30, toBeSigned, ecdsaWithSha256, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

/** GeneralizedTime, `YYYYMMDDHHMMSSZ`. */
function time(instant: Temporal.Instant): Buffer {
  return der(0x18, Buffer.from(instant.toString({ smallestUnit: "second" }).replaceAll(/[-:T]/g, "")));
}

/** Encodes a value of up to 64 KiB in DER (ASN.1): tag, length and contents. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const contents = Buffer.concat(parts);
  const length =
    contents.length < 0x80
      ? [contents.length]
      : contents.length < 0x100
        ? [0x81, contents.length]
        : [0x82, contents.length >> 8, contents.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), contents]);
}
