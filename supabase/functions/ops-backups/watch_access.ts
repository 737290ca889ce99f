/** What the watch inside the project uses: its token, its channels, and the catalog with the secret key. */
import { timingSafeEqual } from "node:crypto";
import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Report } from "@backup/api.ts";
import type { Target } from "@backup/target.ts";
import { type CatalogWatchFacts, watchFactsSchema } from "@backup/watch/catalog_facts.ts";
import type { ReadEnv, ServiceAccess } from "./env.ts";
import { RequestError } from "./responses.ts";
import { timedFetch } from "./timed_fetch.ts";

/** Header with `OPS_WATCH_TOKEN`, which permits the watch alone. */
export const WATCH_TOKEN_HEADER = "x-revo-watch-token";

/** Long, since a long audit is read; pg_net does not wait for the answer. */
const TIMEOUT_MS = 70_000;

export interface WatchSettings {
  /** Secret. */
  token: string;
  webhook: { url: string; secret: string | null } | null;
  /** Secret. Not the watchdog's switch, which would hide that the watchdog is silent. */
  heartbeatUrl: string | null;
}

const environment = z.object({
  OPS_WATCH_TOKEN: z.string().min(32),
  OPS_ALERT_WEBHOOK_URL: z.url().optional(),
  OPS_ALERT_WEBHOOK_SECRET: z.string().min(16).optional(),
  OPS_WATCH_HEALTHCHECK_URL: z.url().optional(),
}).refine((env) => env.OPS_ALERT_WEBHOOK_URL ?? env.OPS_WATCH_HEALTHCHECK_URL, {
  path: ["OPS_ALERT_WEBHOOK_URL"],
});

/** @throws {BackupError} `config_error` with the names that are missing or invalid, no value; also without any channel. */
export function readWatchSettings(read: ReadEnv): WatchSettings {
  const names = Object.keys(environment.shape) as (keyof typeof environment.shape)[];
  const given = Object.fromEntries(names.map((name) => [name, read(name)?.trim() || undefined]));
  const result = environment.safeParse(given);
  if (!result.success) {
    const wrong = [...new Set(result.error.issues.map(({ path }) => String(path[0])))];
    throw new BackupError("config_error", `Cannot watch. Missing or invalid: ${wrong.join(", ")}`, {
      details: {
        missing: wrong.filter((name) => !given[name]),
        invalid: wrong.filter((name) => given[name]),
      },
    });
  }
  const { OPS_WATCH_TOKEN, OPS_ALERT_WEBHOOK_URL: url, OPS_ALERT_WEBHOOK_SECRET: secret } = result.data;
  return {
    token: OPS_WATCH_TOKEN,
    webhook: url === undefined ? null : { url, secret: secret ?? null },
    heartbeatUrl: result.data.OPS_WATCH_HEALTHCHECK_URL ?? null,
  };
}

/** Compares in constant time. @throws {RequestError} `invalid_token` */
export async function requireWatchToken(headers: Headers, expected: string): Promise<void> {
  const given = headers.get(WATCH_TOKEN_HEADER) ?? "";
  // hashes have one length, which the comparison needs
  if (timingSafeEqual(await digest(given), await digest(expected))) return;
  throw new RequestError("invalid_token", "Cannot watch with this token");
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** The catalog for the watch: facts to read, a report to write. */
export interface WatchCatalog {
  /** @throws {BackupError} `catalog_unavailable` */
  facts(target: Target): Promise<CatalogWatchFacts>;
  /** Replaces the previous report. @throws {BackupError} `catalog_unavailable` */
  report(report: Omit<Report, "at">): Promise<void>;
}

/** @param access `null` where the platform provides no secret key: every call fails then. */
export function connectWatchCatalog(access: ServiceAccess | null, fetchImpl: typeof fetch): WatchCatalog {
  const client = access && createClient(access.supabaseUrl, access.secretKey, {
    global: { fetch: timedFetch(fetchImpl, TIMEOUT_MS) },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  const call = async (name: string, args: Record<string, unknown>): Promise<unknown> => {
    if (client === null) throw unavailable(`Cannot call ${name}: the function has no secret key`);
    const { data, error } = await client.rpc(name, args);
    if (error) throw unavailable(`Cannot call ${name}: ${error.message}`);
    return data;
  };
  return {
    async facts(target) {
      const { success, data, error } = watchFactsSchema.safeParse(
        await call("ops_db_backup_watch_facts", { p_target: target }),
      );
      if (!success) throw unavailable("The catalog answered in a form that is not known", error);
      return data;
    },
    report: async (report) => void await call("ops_db_backup_report", { p: report }),
  };
}

function unavailable(message: string, cause?: unknown): BackupError {
  return new BackupError("catalog_unavailable", message, { cause });
}
