/**
 * `R2_ENDPOINT` as people enter it. Cloudflare's dashboard shows the S3 address with the bucket as its path; a client
 * would store every object below that name, where nothing finds it again.
 */
import { BackupError } from "@backup/errors.ts";

/** Address of an account's buckets, with the jurisdiction where it has one, perhaps of one bucket. */
const R2_HOST =
  /^(?:(?<bucket>[a-z0-9-]+)\.)?(?<account>[0-9a-f]{32})(?:\.(?<jurisdiction>[a-z]+))?\.r2\.cloudflarestorage\.com$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const HINT = "Expected https://<account>.r2.cloudflarestorage.com, or <account>.eu.r2.… of a jurisdiction.";

const FAULTS = {
  no_address: "it is not an address of an S3 API",
  not_encrypted: "http:// is for this machine alone",
  public_address: "r2.dev is the public address of a bucket, which takes no writes",
  other_bucket: "it names another bucket than R2_BUCKET",
} as const;
export type EndpointFault = keyof typeof FAULTS;

export interface Endpoint {
  /** Without the bucket and without a slash at its end. */
  url: string;
  /** Of Cloudflare; `null` for another host. */
  account: string | null;
  jurisdiction: string | null;
  /** Whether the text had the bucket's name in it. */
  namedBucket: boolean;
}

/** @returns the address, or what is wrong with the text */
export function readEndpoint(text: string, bucket: string): Endpoint | EndpointFault {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === "" || !/^https?:$/.test(url.protocol)) return "no_address";
  if (`${url.search}${url.hash}${url.username}${url.password}` !== "") return "no_address";
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) return "not_encrypted";
  if (url.hostname.endsWith(".r2.dev")) return "public_address";
  const path = url.pathname.split("/").filter((name) => name !== "");
  const inPath = path.at(-1) === bucket;
  if (inPath) path.pop();
  const r2 = R2_HOST.exec(url.hostname)?.groups;
  const inHost = r2?.bucket;
  if (r2 && path.length > 0 || inHost !== undefined && inHost !== bucket) return "other_bucket";
  const host = inHost === undefined ? url.host : url.host.slice(inHost.length + 1);
  return {
    url: [`${url.protocol}//${host}`, ...path].join("/"),
    account: r2?.account ?? null,
    jurisdiction: r2?.jurisdiction ?? null,
    namedBucket: inPath || inHost !== undefined,
  };
}

/** @throws {BackupError} `missing_environment` with the fault, not the text. */
export function requireEndpoint(text: string, bucket: string): string {
  const read = readEndpoint(text, bucket);
  if (typeof read === "object") return read.url;
  throw new BackupError("missing_environment", `Cannot use R2_ENDPOINT: ${FAULTS[read]}`, { hint: HINT });
}
