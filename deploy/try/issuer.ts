/**
 * Token issuer for trying the service on one machine, without a login: `node issuer.ts` serves keys and tokens at AUTH_ISSUER, and
 * `node issuer.ts --token` prints a token with every scope. Everybody who asks gets one, so it listens on loopback only. It needs no package,
 * because the image has none.
 */
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";

const { AUTH_ISSUER = "", AUTH_AUDIENCE = "" } = process.env;
const ALGORITHM = "ES256"; // RFC 7518, section 3.4
const SCOPES = "ticket:create ticket:update ticket:read submission:read submission:resolve schema:read";

if (process.argv.includes("--token")) {
  const answer = await fetch(`${AUTH_ISSUER}/token`);
  console.log(await answer.text());
} else {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID(); // another one after each start, so that services fetch the new key at once
  const keys = JSON.stringify({
    keys: [{ ...publicKey.export({ format: "jwk" }), alg: ALGORITHM, use: "sig", kid }],
  });
  const token = () => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + 3600 };
    const claims = {
      iss: AUTH_ISSUER,
      aud: AUTH_AUDIENCE,
      azp: "try",
      sub: "developer",
      scope: SCOPES,
      ...times,
    };
    const signed = `${encoded({ alg: ALGORITHM, kid })}.${encoded(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  };

  createServer(({ url }, response) => {
    if (url === "/keys") response.end(keys);
    else if (url === "/token") response.end(token());
    else response.writeHead(404).end();
  }).listen(Number(new URL(AUTH_ISSUER).port), "127.0.0.1");
  process.once("SIGTERM", () => process.exit());
}

/** Encodes a part of a token (RFC 7515, section 3.1). */
function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
