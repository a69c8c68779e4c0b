/** The vendor's words, as they are kept for operators: nothing that was submitted, no secret, no path, no card number. */
import { describe, expect, test } from "vitest";
import { toWire } from "../../src/sociomile/translate.ts";
import { keptAnswer } from "../../src/sociomile/words.ts";
import { testTable } from "../support/test-table.ts";
import { REFUSED } from "./answers.ts";
import { HELPDESK, MANADO } from "./requests.ts";
import { SECRET } from "./scripted-vendor.ts";

const SENT = toWire(HELPDESK, MANADO).body;
const UNKEPT = { request: HELPDESK, sent: SENT, secrets: [SECRET, "former-secret"] };

function keptOf(body: unknown, contentType = "application/json; charset=utf-8", status = 422) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const wire = { status, retryAfter: undefined, contentType, body: new TextEncoder().encode(text) };
  return keptAnswer(wire, UNKEPT);
}

const keptMessage = (message: string) => keptOf({ ...REFUSED, message }).message;

describe("the vendor's words", () => {
  test("MUST have the HTTP status, the media type and the sentence", () => {
    const message = "connectID not found";
    expect(keptOf({ message })).toEqual({ status: 422, contentType: "application/json", message });
    expect(keptOf("<html><head><title>502 Bad Gateway</title></head><p>x", "text/html")).toEqual({
      status: 422,
      contentType: "text/html",
      message: "502 Bad Gateway",
    });
  });

  testTable<[body: unknown, message: string | null]>({
    "an error in another key": [{ success: false, error: { text: "No such contact" } }, "No such contact"],
    "a list of errors": [{ errors: { connectID: ["is unknown"] } }, "is unknown"],
    "plain text": ["contact  not\nfound", "contact not found"],
    "a page without a title": ["<style>p{}</style><p>Please <b>log in</b></p>", "Please log in"],
    "JSON that is cut short": ['{"message":"success","ticket":{"data":{"Customer Name":"Siti', "success"],
    "JSON that says nothing": [{ ticket: { data: { "Customer Name": "Siti" } } }, null],
    "no list within many": [`{"error":${"[".repeat(4000)}"deep"${"]".repeat(4000)}}`, null],
    nothing: ["", null],
  })("MUST be found in %s", (_, [body, message]) => {
    expect(keptOf(body).message).toBe(message);
  });

  testTable<[said: string, kept: string]>({
    "a value": ["connectID permata@sample.com not found", "connectID {…} not found"],
    "a value in other letters": ["PERMATA@SAMPLE.COM?", "{…}?"],
    "a part of a value": ["content 'haloo selamat anda te' is long", "content '{…}' is long"],
    "a short value": ["Alex has no atm 0126", "{…} has no atm {…}"],
    "not a part of a word": ["Alexandria", "Alexandria"],
    "a number in groups": ["Rekening 12.356.788 salah", "Rekening {…} salah"],
    "a number without its decimals": ["nominal 200,000.00", "nominal {…}"],
    "a time as it was sent": ["2025-10-23 16:54:08 is past", "{…} is past"],
    "a card number that was not submitted": ["4111 1111 1111 1111 is lost", "**** **** **** 1111 is lost"],
    "a path": ["in /Users/ivo/app/Http/X.php:99 of it", "in {…} of it"],
    "a program and its line": ["Controller.php(99) on line 99", "{…} on {…}"],
    "a Windows path": [String.raw`C:\app\Http\X.php failed`, "{…} failed"],
    "an address": ["call https://api.example/x?client_secret_key=abc", "call {…}"],
    "a secret": [`key ${SECRET} is wrong`, "key {…} is wrong"],
    "a former secret": ["key former-secret is wrong", "key {…} is wrong"],
    "a secret in an address": [`?k=${encodeURIComponent(SECRET)}&x`, "?k={…}&x"],
    "line breaks": ["a\r\n\u0000b", "a b"],
  })("MUST mask %s", (_, [said, kept]) => {
    expect(keptMessage(said)).toBe(kept);
  });

  test("MUST be dropped when a secret is still in them", () => {
    const hidden = Array.from(SECRET).join("\u200b");
    expect(keptMessage(`key ${hidden}`)).toBeNull();
  });

  test("MUST have at most 500 characters, and take no long time", () => {
    expect(Array.from(keptMessage("💳".repeat(3000))!)).toHaveLength(500);
    const began = performance.now();
    for (const piece of ["/", "a", "1", "haloo ", "\\a", ".php"]) keptMessage(piece.repeat(100_000));
    for (const piece of ["<title", "<script", "<script><style", "<"]) keptOf(piece.repeat(256 * 1024), "text/html");
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
