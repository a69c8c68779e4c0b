import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { repositoryText } from "../support/repository.ts";
import { startServiceOn } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

test("The command for a backup of SQLite MUST copy a ledger in use, for its owner alone", async () => {
  const command = /^ +node -e .*? LEDGER BACKUP$/ms.exec(repositoryText("docs/maintenance.md"))![0];
  using files = temporaryFiles();
  const backup = join(files.directory, "backup.db");
  await using service = await startServiceOn("SQLite");
  await mutate(service, "createVoiceTicket"); // stands in the write-ahead log beside the file

  const here = command.replace(/LEDGER BACKUP$/, `${service.place.url.replace("sqlite:", "")} ${backup}`);
  execFileSync("bash", ["--norc", "-c", `umask 022; ${here}`]);

  const copy = new DatabaseSync(backup, { readOnly: true });
  expect(copy.prepare("SELECT state FROM submissions").all()).toEqual([{ state: "CONFIRMED" }]);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  copy.close();
});
