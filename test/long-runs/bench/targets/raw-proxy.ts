/** Least possible proxy: takes Sociomile's JSON, sends it with undici and returns the answer. */
import { type ServerResponse, createServer } from "node:http";
import { Pool } from "undici";

const { PORT = "0", VENDOR_URL = "", VENDOR_SECRET = "" } = process.env;
const vendor = new Pool(VENDOR_URL, { connections: 64 });
const query = { client_secret_key: VENDOR_SECRET };
const headers = { "content-type": "application/json" };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => void forward(request.url ?? "/", Buffer.concat(chunks), response));
});

async function forward(path: string, requestBody: Buffer, response: ServerResponse): Promise<void> {
  const request = { method: "POST", path, query, headers, body: requestBody } as const;
  const { statusCode, body } = await vendor.request(request);
  const text = await body.text();
  response.writeHead(statusCode, { ...headers, "content-length": Buffer.byteLength(text) }).end(text);
}

process.once("SIGTERM", () => process.exit());
server.listen(Number(PORT), "127.0.0.1");
