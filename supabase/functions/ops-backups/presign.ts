/**
 * Signs links to objects of the vault: AWS Signature Version 4 in the query
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), which R2 accepts.
 */
import type { VaultAccess } from "./env.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
/** R2's only region. */
const REGION = "auto";
const bytes = (text: string) => new TextEncoder().encode(text);

export interface LinkOptions {
  method: "GET" | "HEAD";
  at: Date;
  /** Until when a request may begin, in seconds from `at`. */
  seconds: number;
  /** More of the query, such as `response-content-disposition`. */
  query?: Readonly<Record<string, string>>;
  region?: string;
}

/** @param url of the object, its path encoded as in the link */
export async function presign(
  url: string,
  { accessKeyId, secretAccessKey }: Pick<VaultAccess, "accessKeyId" | "secretAccessKey">,
  { method, at, seconds, query = {}, region = REGION }: LinkOptions,
): Promise<string> {
  const { host, pathname } = new URL(url);
  const instant = at.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = instant.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const signed = canonicalQuery({
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${accessKeyId}/${scope}`,
    "X-Amz-Date": instant,
    "X-Amz-Expires": String(seconds),
    "X-Amz-SignedHeaders": "host",
    ...query,
  });
  const request = [method, pathname, signed, `host:${host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
  const text = [ALGORITHM, instant, scope, hex(await crypto.subtle.digest("SHA-256", bytes(request)))].join(
    "\n",
  );
  let key: BufferSource = bytes(`AWS4${secretAccessKey}`);
  for (const part of [day, region, "s3", "aws4_request"]) key = await hmac(key, part);
  return `${url}?${signed}&X-Amz-Signature=${hex(await hmac(key, text))}`;
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join("&");
}

/** As RFC 3986, which AWS requires: also of the characters that `encodeURIComponent` leaves. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const hash = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, hash, false, ["sign"]);
  return await crypto.subtle.sign("HMAC", imported, bytes(text));
}

function hex(buffer: ArrayBuffer): string {
  return [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
