/**
 * Tries the image from within (image.sh), with the variables of a create as its argument. The service, its commands and the sandbox, which
 * image.sh puts beside it, run as the image's user, and only /data can be written.
 */
import { ok, rejects, strictEqual } from "node:assert";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { access, writeFile } from "node:fs/promises";

const SECRET = "secret-of-the-trial-of-a-built-image";
const PORT = 4002;
const env = {
  PATH: process.env["PATH"],
  SOCIOMILE_BASE_URL: `http://127.0.0.1:${PORT}`,
  SOCIOMILE_ALLOW_HTTP: "yes",
  SOCIOMILE_CLIENT_SECRET_KEY: SECRET,
  DATABASE_URL: "sqlite:/data/ledger.db",
  LEDGER_KEY: Buffer.alloc(32, "trial").toString("base64"),
  ROUTER_SECRET: SECRET,
  AUTH: "router",
  DRAIN_LAG_MS: "0",
};
const CREATE =
  "mutation Trial($input: CreateVoiceTicketInput!) { createVoiceTicket(input: $input) { problems { message } submission { state } } }";

ok(process.getuid!() >= 10_000, "The image does not run as its own user.");
await rejects(access("/app/dist/dev.js"), "The image holds the sandbox.");
await rejects(writeFile("/app/dist/written", ""), "The image can be written.");

const sandbox = start("/sandbox/main.ts", "--secret", SECRET, "--port", String(PORT));
const service = start("--disable-sigusr1", "dist/main.js");
await untilReady();
execFileSync(process.execPath, ["dist/operator.js", "check"], { env, stdio: "inherit" });
const answer = await fetch("http://127.0.0.1:4001/graphql", {
  method: "POST",
  headers: {
    "content-type": "application/json",
    "router-authorization": SECRET,
    "x-client-id": "trial",
    "x-scopes": "ticket:create",
  },
  body: JSON.stringify({ query: CREATE, variables: JSON.parse(process.argv[2]) }),
});
const text = await answer.text();
ok(text.includes('"state":"CONFIRMED"'), `The ticket was not opened: ${text}`);
service.kill();
strictEqual((await once(service, "exit"))[0], 0, "The service did not stop in order.");
sandbox.kill();
console.log("The image starts, passes the check, opens a ticket and stops, read-only and as its own user.");

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, args, { env, stdio: ["ignore", "inherit", "inherit"] });
}

async function untilReady(): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const ready = await fetch("http://127.0.0.1:9464/readyz").catch(() => null);
    if (ready?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The service is not ready within 30 s.");
}
