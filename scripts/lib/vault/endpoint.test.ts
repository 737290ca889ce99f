import { expect, test } from "vitest";
import { readEndpoint, requireEndpoint } from "./endpoint.ts";

const BUCKET = "revo-erp-backups-prod";
const ACCOUNT = "0123456789abcdef0123456789abcdef";
const R2 = `https://${ACCOUNT}.r2.cloudflarestorage.com`;
const EU = `https://${ACCOUNT}.eu.r2.cloudflarestorage.com`;
const SIMULATOR = "http://127.0.0.1:8799/cdn-cgi/local/r2/s3";

test.each([
  [R2, R2, null, false],
  [`${R2}/`, R2, null, false],
  [`${R2}/${BUCKET}`, R2, null, true],
  [`${R2}/${BUCKET}/`, R2, null, true],
  [`https://${BUCKET}.${ACCOUNT}.r2.cloudflarestorage.com`, R2, null, true],
  [`${R2.toUpperCase()}/${BUCKET}`, R2, null, true],
  [EU, EU, "eu", false],
  [`${EU}/${BUCKET}`, EU, "eu", true],
  [`https://${BUCKET}.${ACCOUNT}.eu.r2.cloudflarestorage.com/`, EU, "eu", true],
])("%s is the address %s, jurisdiction %s", (text, url, jurisdiction, namedBucket) => {
  expect(readEndpoint(text, BUCKET)).toEqual({ url, account: ACCOUNT, jurisdiction, namedBucket });
  expect(requireEndpoint(text, BUCKET)).toBe(url);
});

test.each([
  [SIMULATOR, SIMULATOR],
  [`${SIMULATOR}/${BUCKET}`, SIMULATOR],
  ["http://localhost:9000", "http://localhost:9000"],
  ["http://[::1]:9000/", "http://[::1]:9000"],
  ["https://s3.example.com/tenant", "https://s3.example.com/tenant"],
])("another service: %s is %s", (text, url) => {
  expect(readEndpoint(text, BUCKET)).toMatchObject({ url, account: null });
});

test.each([
  ["r2", "no_address"],
  ["ftp://r2.example.com", "no_address"],
  [`${R2}?a=1`, "no_address"],
  ["https://key:SECRET@r2.example.com", "no_address"],
  [R2.replace("https", "http"), "not_encrypted"],
  ["http://127.0.0.1.example.com", "not_encrypted"],
  ["http://10.0.0.1:9000", "not_encrypted"],
  ["https://pub-0123.r2.dev", "public_address"],
  [`${R2}/other`, "other_bucket"],
  [`${R2}/${BUCKET}/revo`, "other_bucket"],
  [`https://other.${ACCOUNT}.r2.cloudflarestorage.com`, "other_bucket"],
])("%s is refused: %s", (text, fault) => {
  expect(readEndpoint(text, BUCKET)).toBe(fault);
  expect(() => requireEndpoint(text, BUCKET)).toThrow(/^Cannot use R2_ENDPOINT: (?!.*SECRET)/);
});
