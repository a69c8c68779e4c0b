import { generatePersistedQueryManifest } from "@apollo/generate-persisted-query-manifest";
import { expect, test } from "vitest";
import { repositoryText } from "../support/repository.ts";

test("The operation manifest MUST hold every example operation exactly as Apollo Client sends it. Run `npm run manifest` after a change", async () => {
  const config = JSON.parse(repositoryText("persisted-query-manifest.config.json")) as { documents: string };
  const sent = await generatePersistedQueryManifest(config, undefined); // by a client of the installed version

  expect(sent.operations.length).toBeGreaterThan(10);
  expect(JSON.parse(repositoryText("examples/manifest.json"))).toEqual(sent);
});
