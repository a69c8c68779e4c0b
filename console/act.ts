import { Lost } from "./api.ts";
import { changeOf, look } from "./look.ts";
import { type Details, type Said, type Submission, sightOf, state, update } from "./state.ts";
import { type Problem, mistakesIn, word } from "./words.ts";

/** Result of an action. It was done when there are no problems. */
export interface Done {
  submission: Details | null;
  problems: Problem[];
}

/** Does the same with submissions, one after the other. It ends where an answer is lost, and repeats nothing. `name`: word for it. */
export async function act(name: string, change: (row: Submission) => Promise<Done>, rows: readonly Submission[]) {
  if (state.progress) return;
  let isLost = false;
  const lose = () => ((isLost = true), { text: word("unknown") });
  state.said = new Map();
  for (const [nth, row] of rows.entries()) {
    update({ progress: word("progress", nth, rows.length) });
    const done = async () => resultOf(name, row, await change(row));
    state.said.set(row.id, { row, ...(isLost ? { text: word("unsent") } : await done().catch(lose)) });
  }
  await look();
  update({ progress: "" });
}

/** Says what was done with a submission, and by whom. Then it is chosen no more. */
function resultOf(name: string, row: Submission, { submission, problems }: Done): Omit<Said, "row"> {
  const sight = sightOf(submission);
  if (problems.some(({ code }) => code === "LEDGER_UNAVAILABLE")) throw new Lost("silent"); // it may have been done
  if (problems.some(({ code }) => /^SUBMISSION_(?:CHANGED|NOT_IN_DOUBT|NOT_QUEUED)$/.test(code)))
    return { text: word("moved", changeOf(row, submission)), sight };
  const mistakes = mistakesIn(problems);
  if (problems.length > 0) return { text: Object.values(mistakes).join(" "), mistakes };
  state.chosen = state.chosen.filter((other) => other !== row.id);
  const [newest] = submission?.actions ?? [];
  const isTried = name === "retry";
  const text = word("done", word(name), newest?.byPerson ?? newest?.by ?? "");
  return { text: isTried ? `${text} ${word("trying")}` : text, sight, isTried, isDone: true };
}
