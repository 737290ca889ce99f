import assert from "node:assert/strict";
import { clientHeadersOf, corsHeaders, preflightResponse, readCors } from "./cors.ts";

const of = (env: Record<string, string>) => readCors((name) => env[name]);

Deno.test("readCors() returns the listed origins, else the site's own, else none", () => {
  assert.deepEqual(of({ ALLOWED_ORIGINS: "https://a.example/, http://b.example:5173" }).origins, [
    "https://a.example",
    "http://b.example:5173",
  ]);
  assert.deepEqual(of({ SITE_URL: "https://erp.example/app" }).origins, ["https://erp.example"]);
  assert.deepEqual(of({}).origins, []);
});

Deno.test("readCors() skips and names what it cannot read, and keeps the others", () => {
  const cors = of({
    ALLOWED_ORIGINS: "https://a.example, suffix:.example.com, erp.example, suffix:evil.com, suffix:.com, *",
    CLIENT_HEADERS: "X-Empresa-Id, authorization, x-forwarded-for",
  });
  assert.deepEqual([cors.origins, cors.suffixes], [["https://a.example"], [".example.com"]]);
  assert.deepEqual(cors.clientHeaders, ["x-empresa-id"]);
  assert.deepEqual(cors.unreadable, [
    "ALLOWED_ORIGINS: erp.example",
    "ALLOWED_ORIGINS: suffix:evil.com",
    "ALLOWED_ORIGINS: suffix:.com",
    "ALLOWED_ORIGINS: *",
    "CLIENT_HEADERS: authorization",
    "CLIENT_HEADERS: x-forwarded-for",
  ]);
});

Deno.test("a suffix allows https pages of hosts below it alone", () => {
  const cors = of({ ALLOWED_ORIGINS: "suffix:.example.com" });
  const allowed = (origin: string) => corsHeaders(origin, cors).get("access-control-allow-origin");
  assert.equal(allowed("https://preview-7.erp.example.com"), "https://preview-7.erp.example.com");
  for (
    const origin of ["https://example.com", "https://notexample.com", "http://erp.example.com", "null", ""]
  ) assert.equal(allowed(origin), null, origin);
});

Deno.test("a preflight allows the headers of Revo ERP's client, and only those are carried on", () => {
  const cors = of({ ALLOWED_ORIGINS: "https://erp.example" });
  const answer = preflightResponse(corsHeaders("https://erp.example", cors), cors);
  assert.match(
    answer.headers.get("access-control-allow-headers") ?? "",
    /x-revo-request-id, x-correlation-id, x-empresa-id$/,
  );
  const sent = new Headers({ "X-Empresa-Id": "7", cookie: "a=b", authorization: "Bearer user" });
  assert.deepEqual(clientHeadersOf(sent, cors), { "x-empresa-id": "7" });
});
