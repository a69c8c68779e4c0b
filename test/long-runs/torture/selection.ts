/** True when a run of this name is to be done. `runs`: names of the runs to do, or beginnings of names. Empty: all runs. */
export function isSelected(name: string, runs: readonly string[]): boolean {
  return runs.length === 0 || runs.some((run) => name.startsWith(run));
}
