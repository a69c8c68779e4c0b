import type { Client } from "./client.ts";
import { type MutationName, mutate } from "./mutations.ts";
import type { Service } from "./service.ts";

/** Makes a doubt: Sociomile executes a request, and its answer is lost. Returns the id of the submission. `client`: who asks. */
export async function openDoubt(
  service: Pick<Service, "post" | "sandbox">,
  name: MutationName = "createVoiceTicket",
  changes: Readonly<Record<string, unknown>> = {},
  client: Pick<Client, "post"> = service,
): Promise<string> {
  service.sandbox.setMood("cut-after", { times: 1 });
  const { payload, text } = await mutate(client, name, changes);
  if (payload?.submission?.state !== "UNCERTAIN") throw new Error(`No doubt: ${text}`);
  return payload.submission.id;
}
