import type { IncomingHttpHeaders } from "node:http";
import { type Listening, listening } from "./listening.ts";

/** A subgraph that remembers the headers it sees, and knows nothing else. */
export interface Recorder extends Listening {
  seen: IncomingHttpHeaders[];
}

export async function startRecorder(): Promise<Recorder> {
  const seen: IncomingHttpHeaders[] = [];
  const server = await listening(0, (request, response) => {
    seen.push(request.headers);
    response.writeHead(200, { "content-type": "application/json" }).end('{"data":{}}');
  });
  return { ...server, seen };
}
