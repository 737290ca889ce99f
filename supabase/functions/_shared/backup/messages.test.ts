import assert from "node:assert/strict";
import { ERROR_CODES, messageOf, statusOf } from "./messages.ts";

Deno.test("every code has an error status and its own message", () => {
  const sentences = ERROR_CODES.map(messageOf);
  assert.equal(new Set(sentences).size, ERROR_CODES.length);
  for (const code of ERROR_CODES) {
    assert.ok(statusOf(code) >= 400 && statusOf(code) < 600, code);
    assert.match(messageOf(code), /^\p{Lu}.*[.)]$/u, code);
  }
});

Deno.test("an unknown code gets the general message", () => {
  assert.equal(messageOf("made_up"), messageOf("internal_server_error"));
});
