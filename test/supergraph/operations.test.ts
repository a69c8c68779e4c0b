import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generatePersistedQueryManifest } from "@apollo/generate-persisted-query-manifest";
import { mutate } from "../support/mutations.ts";
import { startFederated } from "./federated.ts";
import { GATEWAYS } from "./gateway.ts";
import { repositoryText } from "../support/repository.ts";

const OPERATIONS = fileURLToPath(new URL("../../examples/operations", import.meta.url));
const names = (pattern: string, extension: string) =>
  globSync(pattern, { cwd: OPERATIONS })
    .map((path) => basename(path, extension))
    .toSorted();
const operations = names("*.graphql", ".graphql");

/** Example that opens the ticket of another example. */
const OPENING = "create-helpdesk-ticket";

/** Placeholders for ids that exist only after a mutation. The README of the variables explains them. */
const PLACEHOLDERS = { ticket: "690d950c5f287ad0ff3bd9d5", submission: "00000000-0000-7000-8000-000000000000" };

test("The example operations MUST have a file of variables each and no other, with the placeholders that its README names", () => {
  const readme = operationText("variables/README.md");

  expect(names("variables/*.json", ".json")).toEqual(operations);
  for (const placeholder of Object.values(PLACEHOLDERS)) expect(readme).toContain(`\`${placeholder}\``);
});

describe.each(GATEWAYS)("the example operations behind %s", (gateway) => {
  test.each(operations)("MUST be answered with data when ids replace the placeholders: %s", async (name) => {
    const service = { mood: "cut-after", moodOptions: { times: 1 } } as const;
    await using supergraph = await startFederated({ gateway, service });
    const idempotencyKey = "a-key-of-this-test";
    const { payload: inDoubt } = await mutate(supergraph, "createHelpdeskTicket", { helpdeskTicketNumber: "1" });
    const { payload: opened } = await mutate(supergraph, "createVoiceTicket");
    supergraph.sandbox.setMood("unauthorized", { times: 1 });
    const later = { idempotencyKey, helpdeskTicketNumber: "2", whenUnavailable: "DELIVER_LATER" };
    const { payload: queued } = await mutate(supergraph, "createHelpdeskTicket", later);
    const about = name === "queued-submission-cancel" ? queued : inDoubt;
    const variables = operationText(`variables/${name}.json`)
      .replaceAll(PLACEHOLDERS.ticket, opened?.ticket?.id ?? "")
      .replaceAll(PLACEHOLDERS.submission, about?.submission?.id ?? "")
      .replace(name.endsWith("-by-key") ? "example-of-a-helpdesk-ticket" : "no other key", idempotencyKey);

    // The example asks for the key of the example that opens a ticket, which is sent first.
    if (name === "ticket-submission-by-key")
      await supergraph.post(request(OPENING, operationText(`variables/${OPENING}.json`)));

    const { data, errors } = await supergraph.post(request(name, variables));

    expect(errors).toBeUndefined();
    const [answer] = Object.values(data as Record<string, { problems?: unknown[] } | null>);
    expect(answer).not.toBeNull();
    expect(answer?.problems ?? []).toEqual([]);
  });
});

const operationText = (path: string): string => readFileSync(`${OPERATIONS}/${path}`, "utf8");

function request(name: string, variables: string): string {
  const query = operationText(`${name}.graphql`);
  return JSON.stringify({ query, variables: JSON.parse(variables) as unknown });
}

test("The operation manifest MUST hold every example operation exactly as Apollo Client sends it. Run `npm run manifest` after a change", async () => {
  const config = JSON.parse(repositoryText("persisted-query-manifest.config.json")) as { documents: string };
  const sent = await generatePersistedQueryManifest(config, undefined); // by a client of the installed version

  expect(sent.operations.length).toBeGreaterThan(10);
  expect(JSON.parse(repositoryText("examples/manifest.json"))).toEqual(sent);
});
