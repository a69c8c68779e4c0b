import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { inject } from "vitest";
import { type Engine, placeFor } from "./ledgers.ts";
import { asPostgres } from "./postgres-user.ts";

/** True where a disk can be mounted, so that tests with a full one run. */
export const mayMount = process.platform === "linux" && process.getuid?.() === 0;

/** Makes an empty ledger's place on a disk of its own, which can be filled up. PostgreSQL has its write-ahead log elsewhere. */
export async function placeOnSmallDisk(engine: Engine, megabytes: number) {
  await using opening = new AsyncDisposableStack();
  const disk = mkdtempSync(join(tmpdir(), "sociomile-disk-"));
  opening.defer(() => rmSync(disk, { recursive: true }));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk]);
  opening.defer(() => void execFileSync("umount", ["--lazy", disk]));
  const url =
    engine === "SQLite" ? `sqlite:${join(disk, "ledger.db")}` : opening.use(await databaseOn(disk)).url;
  const ballast = join(disk, "ballast");
  return Object.assign(opening.move(), {
    url,
    fillUp(kilobytes: number) {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - kilobytes * 1024)));
    },
    empty: () => rmSync(ballast),
  });
}

async function databaseOn(disk: string) {
  const server = inject("postgresUrl");
  const { uid, gid } = asPostgres();
  chownSync(disk, uid!, gid!);
  const place = await placeFor("PostgreSQL", server);
  const name = new URL(place.url).pathname.slice(1);
  const run = async (statement: string) => {
    const client = new Client({ connectionString: `${server}/postgres` });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`CREATE TABLESPACE ${name} LOCATION '${disk}'`);
  await run(`ALTER DATABASE ${name} SET TABLESPACE ${name}`);
  return {
    url: place.url,
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]();
      await run(`DROP TABLESPACE ${name}`);
    },
  };
}
