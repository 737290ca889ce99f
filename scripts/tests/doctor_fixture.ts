/**
 * For the doctor's tests: a whole stack, with proxies that add what the simulators do not have, and one run of all
 * checks.
 */
import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { exampleManifest } from "@backup/vault/manifest_example.ts";
import { buildKeys, receiptKey, toUtcSecond } from "@backup/vault/object_key.ts";
import { Signer, TrustedKeys } from "@backup/vault/signature.ts";
import { OWNER, REPO, startTestGitHub, type TestGitHub, TOKEN } from "../dev/github/test_github.ts";
import { REPOSITORY, type Stack, startStack } from "../dev/stack.ts";
import { Catalog } from "../lib/catalog/catalog.ts";
import { parseDatabaseUrl } from "../lib/postgres/connection.ts";
import type { DoctorCheck, DoctorReport } from "../lib/doctor/check.ts";
import { type DoctorContext, runDoctor } from "../lib/doctor/run_doctor.ts";
import type { Environment } from "../lib/process/environment.ts";
import { type Reply, startVaultRelay } from "./broken_links.ts";
import { openR2Vault } from "../lib/vault/open_vault.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { addBackup, WORKFLOWS } from "./watchdog_fixture.ts";

export interface DoctorFixture {
  stack: Stack;
  /** The doctor's dependencies without changes; GitHub has short workflow files. */
  environment: Environment;
  /** The stack's own GitHub, with the real workflow files. */
  stackGitHub: Environment;
  /** A response in place of the vault's, or `null`. */
  intercept: ((incoming: IncomingMessage) => Reply | null) | null;
  /** The response of Cloudflare's API about the bucket. */
  bucket: { lock: object[]; lifecycle: object[] };
  /** A run on a healthy stack, with the given changes. */
  examine(changes?: Environment, context?: Partial<DoctorContext>): Promise<DoctorReport>;
  stop(): Promise<void>;
}

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const WEEK = { type: "Age", maxAgeSeconds: 7 * 24 * 3600 };
export const LOCKS = ["revo/", "audit/"].map((prefix) => ({
  id: prefix,
  enabled: true,
  prefix,
  condition: WEEK,
}));

function signedVaultOf({ r2, keys }: Stack): Vault {
  const trusted = new TrustedKeys([keys.backupPublic]);
  return openR2Vault({ ...r2, signer: new Signer(keys.backupSigning), trusted });
}

/** A healthy stack. */
export async function startDoctorFixture(): Promise<DoctorFixture> {
  const stack = await startStack({ seed: false, web: "none", log: () => {} });
  await proveBackup(stack);
  await addBackup({ vault: signedVaultOf(stack) }, { at: new Date() });
  const relay: { intercept: DoctorFixture["intercept"] } = { intercept: null };
  const vault = await startVaultRelay(stack.r2.endpoint, {
    intercept: (incoming) => relay.intercept?.(incoming) ?? null,
  });
  const bucket = { lock: LOCKS, lifecycle: [] };
  const cloudflare = await startCloudflare(bucket);
  const github = await startTestGitHub(WORKFLOWS, { secrets: stack.workflowSecrets });
  const environment = {
    PATH: process.env.PATH,
    ...stack.workflowSecrets,
    BACKUP_PUBLIC_KEYS: stack.keys.backupPublic,
    R2_ENDPOINT: vault.endpoint,
    ...accessTo(github),
    SUPABASE_URL: stack.urls.supabase,
    CLOUDFLARE_API_TOKEN: "cloudflare",
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
    CLOUDFLARE_API_URL: cloudflare.url,
  };
  return Object.assign(relay, {
    stack,
    environment,
    stackGitHub: {
      GITHUB_TOKEN: stack.github.token,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_API_URL: stack.urls.github,
    },
    bucket,
    examine: (changes: Environment = {}, context: Partial<DoctorContext> = {}) =>
      runDoctor(
        { ...HERE, environment: { ...environment, ...changes }, ...context },
        new AbortController().signal,
      ),
    async stop() {
      vault.server.close();
      cloudflare.server.close();
      await github.stop();
      await stack.stop();
    },
  });
}

/** The environment for a GitHub server. */
export function accessTo({ github }: TestGitHub): Environment {
  return { GITHUB_TOKEN: TOKEN, GITHUB_REPOSITORY: `${OWNER}/${REPO}`, GITHUB_API_URL: github.url };
}

const HERE: Omit<DoctorContext, "environment"> = {
  runtime: { name: "deno", version: "2.9.6" },
  lookup: (host) => lookup(host, { all: true }),
  hasIpv6: false,
  fetch,
  now: () => new Date(),
  newId: randomUUID,
  timeoutMs: 60_000,
};

/** Checks that are not ok, as `status name`. */
export function problems({ checks }: { checks: Pick<DoctorCheck, "status" | "name">[] }): string[] {
  return checks.filter(({ status }) => status === "failed" || status === "warning")
    .map(({ status, name }) => `${status} ${name}`);
}

/** Names of the checks with that status. */
export function namesOf({ checks }: DoctorReport, status: DoctorCheck["status"]): string[] {
  return checks.filter((it) => it.status === status).map(({ name }) => name);
}

/** A backup of prod with a drill that passed. */
async function proveBackup(stack: Stack): Promise<void> {
  const now = toUtcSecond(new Date());
  const { archive } = buildKeys({ target: "prod", createdAtUtc: now, label: null });
  const connection = parseDatabaseUrl(stack.databases.prod, "prod");
  const catalog = new Catalog({ connection });
  const manifest = { ...exampleManifest, created_at_utc: now, file: archive.split("/").at(-1) ?? "" };
  await catalog.record({
    r2_bucket: stack.r2.bucket,
    r2_key: archive,
    manifest,
    run_url: null,
    verified_at: now,
  });
  await catalog.markProven(stack.r2.bucket, archive, {
    receipt_key: receiptKey(archive, new Date()),
    drilled_at: now,
    passed: 1,
    failed: 0,
    skipped: 0,
    seconds: {},
    total_seconds: 1,
  });
  await catalog.close();
}

/** The part of its API that returns a bucket's rules. */
async function startCloudflare(bucket: DoctorFixture["bucket"]): Promise<{ url: string; server: Server }> {
  const place = `/accounts/${ACCOUNT}/r2/buckets/revo-erp-backups-prod/`;
  const server = createServer(({ url = "", headers }, response) => {
    const what = url.startsWith(place) ? url.slice(place.length) : "";
    const rules = what === "lock" || what === "lifecycle" ? bucket[what] : null;
    const status = headers.authorization !== "Bearer cloudflare" ? 403 : rules === null ? 404 : 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: status === 200, errors: [], result: { rules } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
