/**
 * Runs a program until standard input ends, also when its parent dies. The first argument holds the command as JSON.
 * Programs of PostgreSQL refuse to run as root, so root runs them as the user postgres.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Order } from "./leashed.ts";
import { asPostgres } from "./postgres-user.ts";

const { command, args, signal, directory } = JSON.parse(process.argv[2] ?? "{}") as Order;
process.on("SIGINT", () => {}); // the terminal sends SIGINT to the parent too, which then ends
const child = spawn(command, args, { stdio: "ignore", cwd: directory, ...asPostgres() });
const gone = once(child, "exit");
process.stdin.resume().once("end", () => child.kill(signal));
await gone;
rmSync(directory, { recursive: true, force: true });
process.exit(); // standard input may still be open
