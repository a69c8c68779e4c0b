/**
 * Token issuer for trying the service on one machine, without a login: `node issuer.ts` serves keys and tokens at AUTH_ISSUER, and
 * `node issuer.ts --token` prints a token with every scope. Everybody who asks gets one, so it listens on loopback only.
 */
import { createServer } from "node:http";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

const { AUTH_ISSUER = "", AUTH_AUDIENCE = "" } = process.env;
const ALGORITHM = "ES256";
const SCOPES = "ticket:create ticket:update ticket:read submission:read submission:resolve schema:read";

if (process.argv.includes("--token")) {
  const answer = await fetch(`${AUTH_ISSUER}/token`);
  console.log(await answer.text());
} else {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: ALGORITHM, use: "sig" }] });
  const token = () =>
    new SignJWT({ azp: "try", sub: "developer", scope: SCOPES })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(AUTH_ISSUER)
      .setAudience(AUTH_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime("1 h")
      .sign(privateKey);

  createServer(async ({ url }, response) => {
    if (url === "/keys") response.end(keys);
    else if (url === "/token") response.end(await token());
    else response.writeHead(404).end();
  }).listen(Number(new URL(AUTH_ISSUER).port), "127.0.0.1");
  process.once("SIGTERM", () => process.exit());
}
