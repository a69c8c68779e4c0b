/** The file of SQLite is taken away under a running service, by a hand or by a restore. */
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { describe, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { startServiceOn } from "../support/service.ts";

function replace(path: string): void {
  copyFileSync(path, `${path}.restored`);
  renameSync(`${path}.restored`, path);
}

const HOW = {
  removed: (path: string) => rmSync(path),
  replaced: replace,
  "left without its write-ahead log": (path: string) => rmSync(`${path}-wal`),
  "left without its shared memory": (path: string) => rmSync(`${path}-shm`),
  "left with another write-ahead log": (path: string) => replace(`${path}-wal`),
};

describe.concurrent.each(Object.entries(HOW))("a file of the ledger that is %s", (_, takeAway) => {
  test("MUST be noticed within a second by a service that nobody calls, which MUST send nothing from then on", async ({
    expect,
  }) => {
    await using service = await startServiceOn("SQLite");
    await mutate(service, "createVoiceTicket");

    takeAway(service.place.url.slice("sqlite:".length));

    const reported = () => service.events.filter(({ event }) => event === "ledger.replaced");
    await expect.poll(reported, { timeout: 3000 }).toEqual([{ event: "ledger.replaced" }]); // generous for a busy machine
    const readiness = await fetch(`${service.managementUrl}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([503, expect.stringContaining("REPLACED")]);
    const { payload } = await mutate(service, "createVoiceTicket");
    expect(payload).toMatchObject({ submission: null, problems: [{ code: "LEDGER_UNAVAILABLE" }] });
    expect(service.sandbox.tickets).toHaveLength(1);
    expect(reported()).toHaveLength(1);
  });
});
