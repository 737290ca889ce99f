/** What the watch from inside the project may use: its own token, its channels, and the catalog in the project's name. */
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import type { Report } from "@backup/api.ts";
import type { Target } from "@backup/target.ts";
import { type CatalogWatchFacts, watchFactsSchema } from "@backup/watch/catalog.ts";
import type { ReadEnv, ServiceAccess } from "./env.ts";
import { RequestError } from "./responses.ts";
import { timedFetch } from "./timed_fetch.ts";

/** Carries `OPS_WATCH_TOKEN`, which allows the watch and nothing else. */
export const WATCH_TOKEN_HEADER = "x-revo-watch-token";

/** Reading a long audit takes its time; the caller, pg_net, waits for nobody. */
const TIMEOUT_MS = 70_000;

export interface WatchSettings {
  /** Secret. */
  token: string;
  webhook: { url: string; secret: string | null } | null;
  /** Secret. Of a dead man's switch of its own: the watchdog's would hide that the watchdog is silent. */
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

/** @throws {RequestError} `config_error` naming what is missing or wrong, no value: also a watch that nobody would hear. */
export function readWatchSettings(read: ReadEnv): WatchSettings {
  const names = Object.keys(environment.shape) as (keyof typeof environment.shape)[];
  const given = Object.fromEntries(names.map((name) => [name, read(name)?.trim() || undefined]));
  const result = environment.safeParse(given);
  if (!result.success) {
    const wrong = [...new Set(result.error.issues.map(({ path }) => String(path[0])))];
    throw new RequestError("config_error", `Cannot watch. Missing or invalid: ${wrong.join(", ")}`, {
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

/** Takes as long for a wrong token as for the right one. @throws {RequestError} `invalid_token` */
export async function requireWatchToken(headers: Headers, expected: string): Promise<void> {
  const given = headers.get(WATCH_TOKEN_HEADER) ?? "";
  // hashes have one length, which the comparison needs
  if (timingSafeEqual(await digest(given), await digest(expected))) return;
  throw new RequestError("invalid_token", "Cannot watch with this token");
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}

/** The catalog as the watch reads it, and where it leaves what it saw. */
export interface WatchCatalog {
  /** @throws {BackupError} `catalog_unavailable` */
  facts(target: Target): Promise<CatalogWatchFacts>;
  /** Takes the place of its report before. @throws {BackupError} `catalog_unavailable` */
  report(report: Omit<Report, "at">): Promise<void>;
}

/** @param access `null` where the platform gave no secret key: every call fails then. */
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
