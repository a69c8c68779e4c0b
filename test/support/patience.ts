/**
 * Starts again what could not open its ledger in time, as an orchestrator does: a start gives each statement a second, and a busy machine may
 * need longer.
 */
export async function startedAgain<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let starts = 1; ; starts++) {
    try {
      return await start();
    } catch (error) {
      if (starts === MOST_STARTS || !String(error).includes("the database does not answer")) throw error;
    }
  }
}

const MOST_STARTS = 5;

/** Number of times that the ledger of a service in this process had no answer within its second, since the test, or a file of concurrent ones, began. */
export const slowness = { answers: 0 };
