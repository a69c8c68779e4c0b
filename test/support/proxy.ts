import dns, { type LookupOptions } from "node:dns";
import { type PrepareRequestFunctionOpts, RequestError, Server } from "proxy-chain";

/** Credentials with characters that need quoting. */
export const CREDENTIALS = { user: "proxy user", password: "proxy:p@ss/w%rd" };

export type ProxyMood = "well" | "refuses" | "hangs" | "cuts" | "fails";

export type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** Starts a real HTTP proxy on a free port of loopback. It asks for credentials. With a certificate it speaks TLS. */
export async function startProxy(
  mood: ProxyMood = "well",
  {
    user,
    password: secret,
    certificate,
  }: { user: string; password: string; certificate?: { key: string; cert: string } } = CREDENTIALS,
) {
  const options = { port: 0, host: "127.0.0.1", prepareRequestFunction: prepare };
  const server = new Server(certificate ? { ...options, serverType: "https", httpsOptions: certificate } : options);
  await server.listen();
  const urlWith = (password: string) =>
    `${certificate ? "https" : "http"}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@localhost:${server.port}`;
  const proxy = {
    /** Its address, with the credentials, and with some that it refuses. */
    url: urlWith(secret),
    wrongUrl: urlWith("wrong"),
    mood,
    /** Requests with the right credentials, such as `CONNECT localhost:443`. */
    asked: [] as string[],
    cut: () => server.closeConnections(),
    [Symbol.asyncDispose]: () => server.close(true),
  };
  return proxy;

  function prepare({ username, password, request, connectionId }: PrepareRequestFunctionOpts) {
    if (username !== user || password !== secret) return { requestAuthentication: true };
    proxy.asked.push(`${request.method} ${request.url?.replace(/\?.*/, "")}`);
    switch (proxy.mood) {
      case "refuses":
        throw new RequestError("Not allowed", 403);
      case "fails":
        throw new RequestError("Nobody there", 502);
      case "hangs":
        return new Promise<undefined>(() => {});
      case "cuts":
        server.closeConnection(connectionId);
        return new Promise<undefined>(() => {});
      case "well":
        return { dnsLookup: lookup };
    }
  }
}

/** Finds names under `.test` on this machine, as a proxy finds names that its clients cannot. */
const lookup = ((host: string, ...others: [LookupOptions, never]) =>
  dns.lookup(host.endsWith(".test") ? "127.0.0.1" : host, ...others)) as typeof dns.lookup;
