/** Sandbox as a process of its own. It keeps few tickets, so that a long run costs the same as a short one. */
import { startSandbox } from "../../../../sandbox/server.ts";

const { PORT = "0", VENDOR_SECRET = "" } = process.env;
await startSandbox({ port: Number(PORT), secret: VENDOR_SECRET, keep: 2000, keepAliveMs: 60_000, knowsAll: true });
process.once("SIGTERM", () => process.exit());
