/** What pages may call the function from a browser, and which headers of theirs it takes. */
import type { ReadEnv } from "./env.ts";

export interface Cors {
  /** Origins as browsers send them. */
  origins: readonly string[];
  /** Ends of host names, `.example.com`: https pages of every host below it. */
  suffixes: readonly string[];
  /** Headers of the ERP's client, lower case: a page may send them, and calls of the database carry them on. */
  clientHeaders: readonly string[];
  /** `NAME: entry` of each setting that is skipped since it cannot be read. */
  unreadable: readonly string[];
}

/** Of supabase-js and of this product's screen. */
const OWN_HEADERS = [
  "authorization",
  "apikey",
  "content-type",
  "x-client-info",
  "x-region",
  "idempotency-key",
  "x-revo-run-pass",
];
/** What Revo ERP's client sends with every call; its permission functions read the company from the last one. */
const CLIENT_HEADERS = "x-revo-request-id, x-correlation-id, x-empresa-id";

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/;
const SUFFIX = /^suffix:(\.[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/;
/** Names that proxies and the platform give a meaning are not the client's. */
const CLIENT_HEADER = /^x-(?!forwarded-|real-ip$|http-method)[a-z0-9-]+$/;

/**
 * The settings `ALLOWED_ORIGINS`, else the project's own site, and `CLIENT_HEADERS`. An entry that cannot be read is
 * skipped and named: it does not make the others unusable. Works with an otherwise broken environment, so that the page
 * can read the `config_error`.
 */
export function readCors(read: ReadEnv): Cors {
  const entries = listOf(read("ALLOWED_ORIGINS")).map((entry) => entry.replace(/\/$/, ""));
  const headers = listOf(read("CLIENT_HEADERS")?.trim() || CLIENT_HEADERS);
  const origins = entries.filter((entry) => ORIGIN.test(entry));
  const suffixes = entries.flatMap((entry) => SUFFIX.exec(entry)?.[1] ?? []);
  const site = read("SITE_URL")?.trim() ?? "";
  return {
    origins: entries.length === 0 && URL.canParse(site) ? [new URL(site).origin] : origins,
    suffixes,
    clientHeaders: headers.filter((name) => CLIENT_HEADER.test(name)),
    unreadable: [
      ...entries.filter((it) => !ORIGIN.test(it) && !SUFFIX.test(it)).map((it) => `ALLOWED_ORIGINS: ${it}`),
      ...headers.filter((name) => !CLIENT_HEADER.test(name)).map((name) => `CLIENT_HEADERS: ${name}`),
    ],
  };
}

/** Headers for every response; another origin than the allowed ones gets no permission, not an error. */
export function corsHeaders(origin: string | null, cors: Cors): Headers {
  const headers = new Headers({ "Vary": "Origin" });
  if (origin !== null && isAllowed(origin, cors)) {
    headers.set("Access-Control-Allow-Origin", origin);
    headers.set("Access-Control-Expose-Headers", "Retry-After");
  }
  return headers;
}

/** The response to a preflight. */
export function preflightResponse(headers: Headers, { clientHeaders }: Cors): Response {
  headers.set("Cache-Control", "no-store");
  if (headers.has("Access-Control-Allow-Origin")) {
    headers.set("Access-Control-Allow-Methods", "POST, OPTIONS");
    headers.set("Access-Control-Allow-Headers", [...OWN_HEADERS, ...clientHeaders].join(", "));
    headers.set("Access-Control-Max-Age", "600");
  }
  return new Response(null, { status: 204, headers });
}

/** The client's own headers of a request, for the calls of the database that it leads to. */
export function clientHeadersOf(headers: Headers, { clientHeaders }: Cors): Record<string, string> {
  return Object.fromEntries(clientHeaders.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  }));
}

function isAllowed(origin: string, { origins, suffixes }: Cors): boolean {
  if (origins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" && suffixes.some((suffix) => hostname.endsWith(suffix));
}

function listOf(text: string | undefined): string[] {
  return (text ?? "").split(",").map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== "");
}
