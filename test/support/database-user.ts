import { randomBytes } from "node:crypto";
import type { LedgerPlace } from "./ledgers.ts";
import type { Sql } from "./sql.ts";

/** Makes a user of a database on PostgreSQL that has these rights and no others. `rights`: a GRANT, up to the user's name. */
export async function userWith(rights: string, { url }: { url: string }, sql: Sql): Promise<LedgerPlace> {
  const own = new URL(url);
  [own.username, own.password] = [`user_${randomBytes(6).toString("hex")}`, "s3cret-word"];
  await sql.run(`CREATE ROLE ${own.username} LOGIN PASSWORD '${own.password}'`);
  await sql.run(`${rights} TO ${own.username}`);
  return {
    url: own.href,
    async [Symbol.asyncDispose]() {
      await sql.run(`DROP OWNED BY ${own.username}`);
      await sql.run(`DROP ROLE ${own.username}`);
    },
  };
}
