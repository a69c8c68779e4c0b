import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { pipeline } from "node:stream";
import { createServer } from "node:tls";
import { selfSigned } from "../sociomile/certificate.ts";

/** Puts TLS in front of a server of this machine. Clients must trust `cert`. */
export async function tlsInFrontOf({ url }: { url: string }) {
  const certificate = selfSigned("localhost");
  const server = createServer(certificate, (socket) => {
    const onward = connect(Number(new URL(url).port), "127.0.0.1");
    pipeline(socket, onward, socket, () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    cert: certificate.cert,
    [Symbol.asyncDispose]: async () => void (await once(server.close(), "close")),
  };
}
