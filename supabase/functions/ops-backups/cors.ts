/** The origins whose pages may call the function from a browser. */

const ALLOWED_HEADERS = [
  "authorization",
  "apikey",
  "content-type",
  "x-client-info",
  "x-region",
  "idempotency-key",
];

/** Headers for every response; another origin than the allowed ones gets no permission, not an error. */
export function corsHeaders(origin: string | null, allowed: readonly string[]): Headers {
  const headers = new Headers({ "Vary": "Origin" });
  if (origin !== null && allowed.includes(origin)) {
    headers.set("Access-Control-Allow-Origin", origin);
    headers.set("Access-Control-Expose-Headers", "Retry-After");
  }
  return headers;
}

/** The response to a preflight. */
export function preflightResponse(cors: Headers): Response {
  const headers = new Headers(cors);
  headers.set("Cache-Control", "no-store");
  if (headers.has("Access-Control-Allow-Origin")) {
    headers.set("Access-Control-Allow-Methods", "POST, OPTIONS");
    headers.set("Access-Control-Allow-Headers", ALLOWED_HEADERS.join(", "));
    headers.set("Access-Control-Max-Age", "600");
  }
  return new Response(null, { status: 204, headers });
}
