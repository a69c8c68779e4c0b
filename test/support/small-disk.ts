import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
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
  const url = engine === "SQLite" ? `sqlite:${join(disk, "ledger.db")}` : opening.use(await databaseOn(disk)).url;
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

/** True where a disk can be made to fail. */
export const mayFail = mayMount && existsSync("/usr/sbin/mkfs.ext4");

/** Makes the place of an empty ledger on SQLite, on a disk of its own, which `fail` turns read-only: as Linux does after an error of a disk. */
export async function placeOnFailingDisk() {
  await using opening = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sociomile-disk-"));
  opening.defer(() => rmSync(directory, { recursive: true }));
  const [image, disk] = [join(directory, "image"), join(directory, "disk")];
  writeFileSync(image, Buffer.alloc(16 << 20));
  mkdirSync(disk);
  execFileSync("mkfs.ext4", ["-q", image]);
  execFileSync("mount", ["-o", "loop,errors=remount-ro", image, disk]);
  opening.defer(() => void execFileSync("umount", ["--lazy", disk]));
  return Object.assign(opening.move(), {
    url: `sqlite:${join(disk, "ledger.db")}`,
    fail: () => void execFileSync("mount", ["-o", "remount,abort", disk]),
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
