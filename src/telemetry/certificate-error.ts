/** True for Node's codes of a certificate that is not valid: OpenSSL's X509_V_ERR names, and Node's own for the host name. */
export function isCertificateError(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|INVALID_CA|HOSTNAME_MISMATCH/.test(code);
}
