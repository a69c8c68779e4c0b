/** Example operations of the repository, in which developers start the service. An image does not hold them. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

const OPERATIONS = "examples/operations";
/** Examples that open the tickets of a new development ledger. Others find these tickets by their numbers. */
const OPENING = ["create-helpdesk-ticket", "create-voice-ticket"];

export interface Example {
  query: string;
  variables: string | null;
}

/** Reads the examples in the order of their names. */
export async function readExamples(): Promise<Example[]> {
  const files = (await readdir(OPERATIONS)).filter((file) => file.endsWith(".graphql")).toSorted();
  return Promise.all(files.map((file) => readExample(file.replace(".graphql", ""))));
}

async function readExample(name: string): Promise<Example> {
  const variables = readFile(join(OPERATIONS, "variables", `${name}.json`), "utf8").catch(() => null);
  return { query: await readFile(join(OPERATIONS, `${name}.graphql`), "utf8"), variables: await variables };
}

/** Opens a few tickets through the service at `url`, unless its ledger has submissions. Outside the repository it opens none. */
export async function openExamples(url: string): Promise<void> {
  const examples = await Promise.all(OPENING.map(readExample)).catch(() => []);
  if (examples.length === 0) return;
  const ask = async (query: string, variables: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    return (await response.json()) as { data?: { ticketSubmissions?: { nodes: object[] } | null } };
  };
  const { data } = await ask("{ ticketSubmissions(first: 1) { nodes { id } } }", {});
  if (data?.ticketSubmissions?.nodes.length !== 0) return;
  for (const { query, variables } of examples) await ask(query, JSON.parse(variables ?? "{}") as object);
}
