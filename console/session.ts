/**
 * Sign-in at the bank's issuer: OpenID Connect, authorization code with PKCE (RFC 7636), state and nonce. Tokens stay in the memory of this window
 * alone, so that a reload asks the issuer again. Without an issuer, as in development, nobody signs in.
 */
import * as oauth from "oauth4webapi";

/** Settings of the console, as the service serves them. */
export interface Settings {
  issuer: string | null;
  clientId: string | null;
  scopes: string;
  graphqlUrl: string;
  ticketUrl: string | null;
  timeZone: string;
}

/** A sign-in under way. `hash`: place to which it returns. */
interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  hash: string;
}

/** Reason for which nobody is signed in, by its word. */
export class NotSignedIn extends Error {}

/** Name of the sign-in under way in the storage of the window, which outlives the way to the issuer and back; and a mark that its user has signed out. */
const PENDING = "sign-in";
const SIGNED_OUT = "signed-out";
const REDIRECT = new URL("./", location.href.replace(/[?#].*$/, "")).href;
/** Time before its end at which a token is renewed, in milliseconds. */
const EARLY_MS = 15_000;

const channel = new BroadcastChannel("operators");

export const session = {
  draw: () => {},
  settings: {} as Settings,
  /** `ended`: it was signed in, and waits for the issuer's window. */
  is: "starting" as "starting" | "in" | "ended" | "out",
  /** Word that says why nobody is signed in. */
  why: "",
  person: "",
  scopes: [] as readonly string[],
};
let tokens = { access: "", refresh: "", id: "", endsAt: Infinity, subject: "" };
let issuer: oauth.AuthorizationServer | undefined;
let renewing: Promise<void> | null = null;
/** Sign-in in the issuer's window, and what waits for its end. */
let beside: { pending: Pending; done: () => void } | null = null;

const client = (): oauth.Client => ({ client_id: session.settings.clientId! });
/** Plain http reaches this machine alone: the service checks that. */
const options = () => ({ [oauth.allowInsecureRequests]: session.settings.issuer!.startsWith("http:") });

function update(changes: Partial<typeof session>): void {
  Object.assign(session, changes);
  session.draw();
}

/** True with a right; some issuers write a prefix before its name. Without an issuer everybody has every right. */
export function mayDo(scope: string): boolean {
  return session.settings.issuer === null || session.scopes.some((one) => one.split("/").at(-1) === scope);
}

/** Begins: takes what the issuer sent back, or goes to it, unless the user has signed out. */
export async function begin(settings: Settings): Promise<void> {
  session.settings = settings;
  if (settings.issuer === null) return update({ is: "in" });
  channel.addEventListener("message", ({ data }: MessageEvent<{ address?: string }>) => {
    if (!data.address) forget("signedOut");
    else void finishBeside(new URL(data.address));
  });
  const address = new URL(location.href);
  if (!address.searchParams.has("state")) return await start();
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "{}") as Partial<Pending>;
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", `./${pending.hash ?? ""}`); // without the code
  if (address.searchParams.get("state") !== pending.state) return passOn(address.href);
  await finish(address, pending as Pending).catch((error: unknown) => forget(wordFor(error)));
}

function start(): Promise<void> | void {
  const isOut = sessionStorage.getItem(SIGNED_OUT) !== null;
  sessionStorage.removeItem(SIGNED_OUT);
  return isOut ? forget("signedOut") : signIn();
}

/** Passes an answer of the issuer on to the window that waits for it. Where none does, the address was forged, or is old. */
function passOn(address: string): void {
  channel.postMessage({ address });
  forget("notBegun");
  if (window.name === PENDING) close();
}

/** Goes to the issuer, which comes back to this address. */
export async function signIn(): Promise<void> {
  update({ is: "starting", why: "" });
  try {
    const { address, pending } = await prepared();
    sessionStorage.setItem(PENDING, JSON.stringify(pending));
    location.assign(address);
  } catch (error) {
    forget(wordFor(error));
  }
}

function wordFor(error: unknown): string {
  if (error instanceof NotSignedIn) return error.message;
  return error instanceof TypeError ? "issuerAway" : "notSignedIn"; // fetch throws a TypeError
}

/** Reads what the issuer says of itself (OpenID Connect Discovery), once. Throws NotSignedIn. */
async function discover(): Promise<oauth.AuthorizationServer> {
  try {
    const url = new URL(session.settings.issuer!);
    return (issuer ??= await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, options()),
    ));
  } catch (cause) {
    throw new NotSignedIn("issuerAway", { cause });
  }
}

async function prepared() {
  const { authorization_endpoint: endpoint } = await discover();
  const pending: Pending = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash: location.hash,
  };
  const address = new URL(endpoint!);
  for (const [name, value] of Object.entries({
    client_id: session.settings.clientId!,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: session.settings.scopes,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: "S256",
  }))
    address.searchParams.set(name, value);
  return { address, pending };
}

/** Changes the code in the issuer's answer for tokens. Throws when the answer is not the one to this sign-in. */
async function finish(address: URL, { state, nonce, verifier }: Pending): Promise<void> {
  const server = await discover();
  const answer = oauth.validateAuthResponse(server, client(), address, state);
  const [key, secret] = [client(), oauth.None()] as const;
  const sent = oauth.authorizationCodeGrantRequest(
    server,
    key,
    secret,
    answer,
    REDIRECT,
    verifier,
    options(),
  );
  const expected = { expectedNonce: nonce, requireIdToken: true };
  keep(await oauth.processAuthorizationCodeResponse(server, key, await sent, expected));
}

function keep(given: oauth.TokenEndpointResponse): void {
  const { access_token: access, refresh_token, id_token, expires_in = Infinity, scope } = given;
  const claims = oauth.getValidatedIdTokenClaims(given);
  // What another person sees and has typed is not for this one.
  if (tokens.subject && claims && claims.sub !== tokens.subject) {
    location.reload();
    throw new NotSignedIn("signingIn");
  }
  const { refresh = tokens.refresh, id = tokens.id } = { refresh: refresh_token, id: id_token };
  const subject = claims?.sub ?? tokens.subject;
  tokens = { access, refresh, id, endsAt: Date.now() + expires_in * 1000, subject };
  const name = [claims?.["name"], claims?.["preferred_username"], claims?.["email"], claims?.sub].find(
    Boolean,
  );
  const scopes =
    scope?.split(" ") ?? (session.scopes.length > 0 ? session.scopes : session.settings.scopes.split(" "));
  update({ is: "in", why: "", scopes, person: name ? String(name) : session.person });
}

/** Returns the access token, after it was renewed when it ends soon, or when `refused` is the one in force. Waits for the user, if need be. */
export async function accessToken(refused?: string): Promise<string | null> {
  if (session.settings.issuer === null) return null;
  if (refused === tokens.access || Date.now() > tokens.endsAt - EARLY_MS)
    await (renewing ??= renew().finally(() => (renewing = null)));
  if (session.is === "out") throw new NotSignedIn(session.why);
  return tokens.access;
}

async function renew(): Promise<void> {
  const server = await discover();
  try {
    if (!tokens.refresh) return await signInBeside();
    const sent = oauth.refreshTokenGrantRequest(server, client(), oauth.None(), tokens.refresh, options());
    const given = await oauth.processRefreshTokenResponse(server, client(), await sent);
    if (session.is === "in") keep(given);
  } catch (error) {
    const isRefused =
      error instanceof oauth.ResponseBodyError || error instanceof oauth.WWWAuthenticateChallengeError;
    if (!isRefused) throw new NotSignedIn("issuerAway", { cause: error });
    await signInBeside();
  }
}

/** Resolves when the user has signed in again in the issuer's window, which a browser may open only for a click. */
function signInBeside(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  beside = { pending: {} as Pending, done: resolve };
  update({ is: "ended" });
  void openWindow();
  return promise;
}

export async function openWindow(): Promise<void> {
  const opened = open("", PENDING, "popup,width=520,height=680"); // before anything is awaited
  const next = await prepared().catch(() => null);
  if (!next || !beside) return opened?.close();
  beside.pending = next.pending;
  opened?.location.replace(next.address);
}

async function finishBeside(address: URL): Promise<void> {
  if (!beside || address.searchParams.get("state") !== beside.pending.state) return;
  try {
    await finish(address, beside.pending);
    beside.done();
    beside = null;
  } catch {
    // The window can be opened again.
  }
}

/** Signs out here, in every other window of this browser, and at the issuer. */
export async function signOut(): Promise<void> {
  const { refresh, id } = tokens;
  forget("signedOut");
  channel.postMessage({});
  const server = await discover().catch(() => null);
  if (server?.revocation_endpoint && refresh)
    await oauth.revocationRequest(server, client(), oauth.None(), refresh, options()).catch(() => {});
  if (!server?.end_session_endpoint) return;
  const address = new URL(server.end_session_endpoint);
  address.searchParams.set("id_token_hint", id);
  address.searchParams.set("post_logout_redirect_uri", REDIRECT);
  sessionStorage.setItem(SIGNED_OUT, "");
  location.assign(address);
}

function forget(why: string): void {
  tokens = { access: "", refresh: "", id: "", endsAt: Infinity, subject: "" };
  beside = null;
  update({ is: "out", why, person: "", scopes: [] });
}
