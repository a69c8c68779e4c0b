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
type Pending = Record<"state" | "nonce" | "verifier" | "hash", string>;

/** Reason for which nobody is signed in, by its word. */
export class NotSignedIn extends Error {}

/** Names in the storage of the window, which outlives the way to the issuer and back: of the sign-in under way, and that its user has signed out. */
const [PENDING, SIGNED_OUT] = ["sign-in", "signed-out"] as const;
const REDIRECT = new URL("./", location.href.replace(/[?#].*$/, "")).href;
/** Time before its end at which a token is renewed, in milliseconds. */
const EARLY_MS = 15_000;
const NONE = { access: "", refresh: "", id: "", endsAt: Infinity, subject: "" };

/** `is` ended: it was signed in, and waits for the issuer's window. `why`: word for the reason. */
export const session = {
  draw: () => {},
  settings: {} as Settings,
  is: "starting" as "starting" | "in" | "ended" | "out",
  why: "",
  person: "",
  scopes: "",
};
const channel = new BroadcastChannel("operators");
let tokens = NONE;
let issuer: oauth.AuthorizationServer | undefined;
let renewing: Promise<void> | null = null;
/** Sign-in in the issuer's window, and what waits for its end. */
let beside: { pending?: Pending; done: () => void } | null = null;

const client = (): oauth.Client => ({ client_id: session.settings.clientId! });
/** Plain http reaches this machine alone: the service checks that. */
const options = () => ({ [oauth.allowInsecureRequests]: session.settings.issuer!.startsWith("http:") });

/** Tells every other window of this origin in this browser. */
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
const tellWindows = (text: string) => channel.postMessage(text);

function update(changes: Partial<typeof session>): void {
  Object.assign(session, changes);
  session.draw();
}

/** True with a right; some issuers write a prefix before its name. Without an issuer everybody has every right. */
export function mayDo(scope: string): boolean {
  return session.settings.issuer === null || session.scopes.split(/[ /]/).includes(scope);
}

/** Begins: takes what the issuer sent back, or goes to it, unless the user has signed out. */
export async function begin(settings: Settings): Promise<void> {
  session.settings = settings;
  if (settings.issuer === null) return update({ is: "in" });
  channel.addEventListener("message", ({ data }: MessageEvent<string>) => {
    if (data === SIGNED_OUT) forget("signedOut");
    else void finishBeside(new URL(data)).catch(() => {}); // the window can be opened again
  });
  const address = new URL(location.href);
  const { hash = "", ...pending } = JSON.parse(sessionStorage.getItem(PENDING) ?? "{}") as Partial<Pending>;
  const isOut = sessionStorage.getItem(SIGNED_OUT) !== null;
  sessionStorage.clear();
  if (!address.searchParams.has("state")) return isOut ? forget("signedOut") : signIn();
  history.replaceState(null, "", `./${hash}`); // without the code
  if (address.searchParams.get("state") === pending.state)
    return finish(address, pending as Pending).catch((error: unknown) => forget(wordFor(error)));
  // The answer is for the window that waits for it. Where none does, it was forged, or is old.
  tellWindows(address.href);
  forget(window.name === PENDING ? "closeWindow" : "notBegun");
  if (window.name === PENDING) close();
}

/** Goes to the issuer, which comes back to this address. */
export async function signIn(): Promise<void> {
  update({ is: "starting", why: "" });
  try {
    const { address, pending } = await prepare();
    sessionStorage.setItem(PENDING, JSON.stringify(pending));
    location.assign(address);
  } catch (error) {
    forget(wordFor(error));
  }
}

const wordFor = (error: unknown) => (error instanceof NotSignedIn ? error.message : "notSignedIn");

/** Reads what the issuer says of itself (OpenID Connect Discovery), once. Throws NotSignedIn. */
async function discover(): Promise<oauth.AuthorizationServer> {
  try {
    const url = new URL(session.settings.issuer!);
    return (issuer ??= await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options())));
  } catch (cause) {
    throw new NotSignedIn("issuerAway", { cause });
  }
}

async function prepare(): Promise<{ address: URL; pending: Pending }> {
  const address = new URL((await discover()).authorization_endpoint!);
  const [state, nonce, verifier] = Array.from({ length: 3 }, oauth.generateRandomState) as [string, string, string];
  const parameters = {
    client_id: session.settings.clientId!,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: session.settings.scopes,
    state,
    nonce,
    code_challenge_method: "S256",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return { address, pending: { state, nonce, verifier, hash: location.hash } };
}

/** Changes the code in the issuer's answer for tokens. Throws when the answer is not the one to this sign-in. */
async function finish(address: URL, { state, nonce, verifier }: Pending): Promise<void> {
  const [server, key, secret] = [await discover(), client(), oauth.None()] as const;
  const answer = oauth.validateAuthResponse(server, key, address, state);
  const sent = oauth.authorizationCodeGrantRequest(server, key, secret, answer, REDIRECT, verifier, options());
  const expected = { expectedNonce: nonce, requireIdToken: true };
  keep(await oauth.processAuthorizationCodeResponse(server, key, await sent, expected));
}

function keep(given: oauth.TokenEndpointResponse): void {
  const claims = oauth.getValidatedIdTokenClaims(given);
  const { subject } = tokens;
  if (subject && claims && claims.sub !== subject) {
    location.reload(); // another person must not get the page of this one
    throw new NotSignedIn("signingIn");
  }
  tokens = {
    access: given.access_token,
    refresh: given.refresh_token ?? tokens.refresh,
    id: given.id_token ?? tokens.id,
    endsAt: Date.now() + (given.expires_in ?? Infinity) * 1000,
    subject: claims?.sub ?? subject,
  };
  const named = [claims?.["name"], claims?.["preferred_username"], claims?.sub];
  const person = named.find((name) => typeof name === "string") ?? session.person;
  const scopes = given.scope ?? (session.scopes || session.settings.scopes);
  update({ is: "in", why: "", scopes, person });
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
  const [server, key] = [await discover(), client()];
  try {
    const sent = tokens.refresh && oauth.refreshTokenGrantRequest(server, key, oauth.None(), tokens.refresh, options());
    const given = sent && (await oauth.processRefreshTokenResponse(server, key, await sent));
    if (given) return session.is === "in" ? keep(given) : undefined;
  } catch (cause) {
    const isRefused = cause instanceof oauth.ResponseBodyError || cause instanceof oauth.WWWAuthenticateChallengeError;
    if (!isRefused) throw new NotSignedIn("issuerAway", { cause });
  }
  const { promise, resolve: done } = Promise.withResolvers<void>();
  beside = { done };
  update({ is: "ended" });
  void openWindow();
  return promise;
}

/** Opens the issuer's window beside this one, where the browser lets it: some do so for a click alone. */
export async function openWindow(): Promise<void> {
  const opened = open("", PENDING, "popup,width=520,height=680"); // before anything is awaited
  const next = await prepare().catch(() => null);
  if (!next || !beside) return opened?.close();
  beside.pending = next.pending;
  opened?.location.replace(next.address);
}

async function finishBeside(address: URL): Promise<void> {
  if (!beside?.pending || address.searchParams.get("state") !== beside.pending.state) return;
  await finish(address, beside.pending);
  beside.done();
  beside = null;
}

/** Signs out here, in every other window of this browser, and at the issuer. */
export async function signOut(): Promise<void> {
  const { refresh, id } = tokens;
  forget("signedOut");
  tellWindows(SIGNED_OUT);
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
  tokens = NONE;
  beside = null;
  update({ is: "out", why, person: "", scopes: "" });
}
