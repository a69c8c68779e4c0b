/** An auditor asks who has decided what in a time, and who has corrected it. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../support/ledgers.ts";
import { bytesOf } from "../../src/ledger/ids.ts";
import { startOperatedService } from "./operator-process.ts";

describe.each(ENGINES)("the verdicts of a time on %s", (engine) => {
  test("MUST be listed, the oldest first, with who gave and who corrected each, as table, JSON and CSV", async () => {
    await using service = await startOperatedService(engine);
    const doubt = () => service.doubt("createVoiceTicket");
    const [first, second] = [await doubt(), await doubt()];
    await service.age(60);
    const resolve = (command: string, id: string, by: string, note: string) =>
      service.run(command, id, "--not-created", "--note", note, "--by", by);
    await resolve("resolve", second, "Rina", "looked");
    await resolve("resolve", first, "Budi", "=1+1, said Siti");
    const found = ["--created", "690d950c5f287ad0ff3bd9t1", "--note", "found it", "--by", "Rina"];
    await service.run("correct", first, ...found);
    const move = "UPDATE resolutions SET resolved_at = ? WHERE submission_id = ? AND nth = ?";
    await service.sql.run(move, Date.parse("2026-03-10T09:00:00Z"), bytesOf(first), 1);
    await service.sql.run(move, Date.parse("2026-03-20T09:00:00Z"), bytesOf(second), 1);

    const march = ["--from", "2026-03-10T09:00Z", "--to", "2026-03-20T09:00:00.001Z"];
    const shown = { resolvedBy: "command line", verdict: "NOT_CREATED" };
    const ofBudi = { ...shown, submissionId: first, resolvedByPerson: "Budi", correctedBy: "Rina" };
    const ofRina = { ...shown, submissionId: second, resolvedByPerson: "Rina", correctedBy: null };
    const corrected = {
      submissionId: first,
      verdict: "CREATED",
      ticketId: "690d950c5f287ad0ff3bd9t1",
      correctedBy: null,
    };
    expect(await service.json("verdicts", ...march)).toMatchObject({ verdicts: [ofBudi, ofRina] });
    const until = ["--from", "2026-03-10T09:00Z", "--to", "2026-03-20T09:00Z"];
    expect(await service.json("verdicts", ...until)).toMatchObject({ verdicts: [ofBudi] });
    expect(await service.json("verdicts")).toMatchObject({ verdicts: [ofBudi, ofRina, corrected] });
    const { stdout } = await service.run("verdicts", ...march);
    expect(stdout).toMatch(/^RESOLVED +VERDICT +TICKET +NUMBER +BY +NOTE +SUBMISSION +CORRECTED BY$/m);
    const row = `^2026-03-10T09:00:00Z +NOT_CREATED +Budi \\(command line\\) +=1\\+1, said Siti +${first} +Rina$`;
    expect(stdout).toMatch(new RegExp(row, "m"));
    const { stdout: csv } = await service.run("verdicts", ...march, "--csv");
    expect(csv.split("\n")[1]).toBe(
      `${first},NOT_CREATED,,,command line,Budi,2026-03-10T09:00:00Z,"'=1+1, said Siti",Rina`,
    );
    const none = ["verdicts", "--to", "2026-03-10T09:00Z"];
    expect((await service.run(...none)).stdout).toBe("There are no verdicts.\n");
    expect(await service.run(...none, "--csv")).toMatchObject({
      stdout: "",
      stderr: "There are no verdicts.\n",
    });
  });
});
