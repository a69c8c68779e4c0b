/** PostgreSQL's JIT: without statistics, as in a young ledger, it would compile each look for deliveries, for longer than the look may take. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { userWith } from "../../support/database-user.ts";
import { type LedgerPlace, openAt, placeFor } from "../../support/opened.ts";
import { sqlOn } from "../../support/sql.ts";

/** Returns the setting of a new session. */
async function jitAt(place: Pick<LedgerPlace, "url">): Promise<unknown> {
  await using sql = await sqlOn(place);
  return (await sql.run("SHOW jit"))[0]!["jit"];
}

test("JIT MUST be off for the role that a service signs in as, also where that acts as another one", async () => {
  await using place = await placeFor("PostgreSQL");
  await using sql = await sqlOn(place);
  const owner = `owner_${randomBytes(6).toString("hex")}`;
  await sql.run(`CREATE ROLE ${owner}`);
  await sql.run(`GRANT CREATE, USAGE ON SCHEMA public TO ${owner}`);
  {
    await using user = await userWith(`GRANT ${owner}`, place, sql);
    await sql.run(`ALTER ROLE ${new URL(user.url).username} SET role = ${owner}`);

    const before = await jitAt(user);
    await (await openAt(user)).ledger.close();

    expect([before, await jitAt(user)]).toEqual(["on", "off"]);
    expect(await jitAt(place)).toBe("on"); // another role's
  }
  await sql.run(`DROP OWNED BY ${owner}`);
  await sql.run(`DROP ROLE ${owner}`);
});
