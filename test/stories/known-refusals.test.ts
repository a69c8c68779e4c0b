/** An operator teaches the service a refusal of Sociomile while it runs (SOCIOMILE_REFUSALS_FILE). */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { MUTATIONS, type MutationName, mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

/** A refusal of the sandbox in its mood `error-200`. */
const KNOWN = { id: "went-wrong", status: 200, message: "Something {…} wrong", field: "connectID", means: "REJECTED" };

const startWith = (SOCIOMILE_REFUSALS_FILE: string) => startService({ config: { SOCIOMILE_REFUSALS_FILE } });

describe("a known refusal", () => {
  test("MUST turn what was a doubt into a problem with its field, without a restart, and be counted", async () => {
    using files = temporaryFiles();
    const SOCIOMILE_REFUSALS_FILE = files.write("refusals.json", "[]");
    await using service = await startService({ mood: "error-200", config: { SOCIOMILE_REFUSALS_FILE } });
    const problems = async (name: MutationName) => (await mutate(service, name)).payload!.problems;
    const codes = async () => {
      const found = [];
      for (const name of Object.keys(MUTATIONS) as MutationName[]) found.push(...(await problems(name)));
      return found;
    };
    expect((await codes()).map(({ code }) => code)).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN", "STATUS_UNKNOWN"]);

    writeFileSync(SOCIOMILE_REFUSALS_FILE, JSON.stringify([KNOWN]));
    await sleep(1100); // files are looked at once a second

    expect(await codes()).toMatchObject([
      { code: "SOCIOMILE_REJECTED", field: "connectId" },
      { code: "SOCIOMILE_REJECTED", field: "connectId" },
      { code: "SOCIOMILE_REJECTED", field: null }, // an update has no such field
    ]);
    expect(await service.metric('sociomile_known_refusals_total{id="went-wrong"}')).toBe(3);

    writeFileSync(SOCIOMILE_REFUSALS_FILE, JSON.stringify([{ ...KNOWN, message: "{…}" }]));
    await sleep(1100);
    expect(await problems("createVoiceTicket")).toMatchObject([{ code: "SOCIOMILE_REJECTED" }]);
  });

  test("MUST prevent a start when the file has a fault", async () => {
    using files = temporaryFiles();
    const faulty = files.write("faulty.json", JSON.stringify([{ ...KNOWN, message: "{…}" }]));
    const mistake = "SOCIOMILE_REFUSALS_FILE entry 1: its message must be";
    await expect(startWith(faulty)).rejects.toThrow(mistake);
    await expect(startWith("/no/such/file")).rejects.toThrow("must name a file of at most 256 KiB");
  });
});
