/** Sociomile's words in answers that were refused or not understood. Operators alone see them. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { type KeptAnswer, openAnswer } from "../submissions/row.ts";

export async function readAnswers(
  ids: readonly string[],
  { db, cipher }: LedgerContext,
): Promise<(KeptAnswer | null)[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("submissions")
    .select(["id", "answer"])
    .where("id", "in", ids.map(bytesOf))
    .execute();
  const byId = new Map(rows.map(({ id, answer }) => [textOf(id), answer]));
  return ids.map((id) => {
    const sealed = byId.get(id) ?? null;
    return sealed && openAnswer(sealed, id, cipher);
  });
}

export async function forgetAnswers(ids: readonly string[], { db }: LedgerContext): Promise<void> {
  if (ids.length === 0) return;
  await sql`UPDATE submissions SET answer = NULL WHERE id IN (${sql.join(ids.map(bytesOf))})`.execute(db);
}
