/**
 * The rules of a bucket through Cloudflare's own API, which needs a token that may read the account's R2 settings
 * (Workers R2 Storage: read). Source: Cloudflare's API reference, R2 buckets, `lock` and `lifecycle`.
 */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { ErasingRule } from "../vault/lifecycle.ts";
import type { LockRule } from "./bucket_rules.ts";

export interface CloudflareAccess {
  apiUrl: string;
  /** Secret. */
  token: string;
  account: string;
  jurisdiction: string | null;
  bucket: string;
}

const DAY_SECONDS = 24 * 3600;

const lockAnswer = z.object({
  rules: z.array(z.object({
    id: z.string(),
    enabled: z.boolean(),
    prefix: z.string().nullish(),
    condition: z.discriminatedUnion("type", [
      z.object({ type: z.literal("Age"), maxAgeSeconds: z.number() }),
      z.object({ type: z.literal("Date"), date: z.string() }),
      z.object({ type: z.literal("Indefinite") }),
    ]),
  })).nullish(),
});

const lifecycleAnswer = z.object({
  rules: z.array(z.object({
    id: z.string(),
    enabled: z.boolean(),
    conditions: z.object({ prefix: z.string().nullish() }).nullish(),
    deleteObjectsTransition: z.object({
      condition: z.object({ maxAge: z.number().nullish(), date: z.string().nullish() }).nullish(),
    }).nullish(),
  })).nullish(),
});

/** The bucket locks that are in force. @throws {BackupError} `vault_*` */
export async function readLockRules(
  access: CloudflareAccess,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<LockRule[]> {
  const { rules } = lockAnswer.parse(await requestRules(access, "lock", fetcher, signal));
  return (rules ?? []).filter(({ enabled }) => enabled).map(({ id, prefix, condition }) => ({
    id,
    prefix: prefix ?? "",
    days: condition.type === "Age" ? condition.maxAgeSeconds / DAY_SECONDS : null,
    until: condition.type === "Date" ? condition.date : null,
  }));
}

/** The rules in force that delete objects. @throws {BackupError} `vault_*` */
export async function readErasingRules(
  access: CloudflareAccess,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<ErasingRule[]> {
  const { rules } = lifecycleAnswer.parse(await requestRules(access, "lifecycle", fetcher, signal));
  return (rules ?? []).flatMap(({ id, enabled, conditions, deleteObjectsTransition: deletion }) => {
    if (!enabled || !deletion) return [];
    const { maxAge, date } = deletion.condition ?? {};
    return [{
      id,
      prefix: conditions?.prefix ?? "",
      days: maxAge == null ? null : maxAge / DAY_SECONDS,
      on: date ?? null,
    }];
  });
}

const envelope = z.object({ result: z.unknown() });

async function requestRules(
  { apiUrl, token, account, jurisdiction, bucket }: CloudflareAccess,
  what: "lock" | "lifecycle",
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<unknown> {
  const url = `${apiUrl}/accounts/${account}/r2/buckets/${encodeURIComponent(bucket)}/${what}`;
  const headers = new Headers({ authorization: `Bearer ${token}` });
  if (jurisdiction !== null) headers.set("cf-r2-jurisdiction", jurisdiction);
  const answer = await fetcher(url, { headers, signal }).catch((cause) => {
    throw new BackupError("vault_unreachable", "Cannot reach Cloudflare's API", { cause });
  });
  const text = await answer.text();
  if (answer.ok) return envelope.parse(JSON.parse(text)).result;
  const refused = answer.status === 401 || answer.status === 403;
  throw new BackupError(
    refused ? "vault_auth_failed" : "vault_error",
    `Cannot read the bucket's ${what} rules: Cloudflare answered ${answer.status}`,
  );
}
