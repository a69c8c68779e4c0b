import type { IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { type Listening, listening } from "./listening.ts";

/** Starts a subgraph that remembers the headers it sees and the answers it gives. It passes requests on to the subgraph at `url`; without one, it knows nothing. */
export async function startRecorder(url?: string) {
  const seen: IncomingHttpHeaders[] = [];
  const answers: string[] = [];
  const server = await startForwarding(
    url,
    async (headers) => {
      seen.push(headers);
      return headers;
    },
    (answer) => void answers.push(answer),
  );
  return { ...server, seen, answers };
}

const OF_CONNECTION = new Set(["host", "connection", "content-length", "transfer-encoding"]);

/** Passes requests on to `url`, with the headers that `withHeaders` makes. Without `url`, it answers with no data. */
export async function startForwarding(
  url: string | undefined,
  withHeaders: (headers: IncomingHttpHeaders) => Promise<IncomingHttpHeaders>,
  onAnswer: (answer: string) => void = () => {},
): Promise<Listening> {
  return listening(0, async (request, response) => {
    const headers = Object.entries(await withHeaders(request.headers));
    const passedOn = {
      method: "POST",
      headers: headers.filter(([name]) => !OF_CONNECTION.has(name)) as [string, string][],
      body: new Uint8Array(await buffer(request)),
    };
    const answer = url === undefined ? Response.json({ data: {} }) : await fetch(url, passedOn);
    const text = await answer.text();
    onAnswer(text);
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(text);
  });
}
