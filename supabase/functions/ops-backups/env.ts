/** The function's settings. All that are missing are reported together, by name. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";

/** Every variable the function may read: a least-privilege runtime allows these and no other. */
export const ENV_NAMES = [
  "SUPABASE_URL",
  "SUPABASE_PUBLISHABLE_KEYS",
  "SUPABASE_ANON_KEY",
  "SUPABASE_SECRET_KEYS",
  "SUPABASE_SERVICE_ROLE_KEY",
  "GITHUB_TOKEN",
  "GITHUB_REPO",
  "GITHUB_DEFAULT_REF",
  "GITHUB_API_URL",
  "ALLOWED_ORIGINS",
  "CLIENT_HEADERS",
  "SITE_URL",
  "OPS_WATCH_TOKEN",
  "OPS_WATCH_HEALTHCHECK_URL",
  "OPS_ALERT_WEBHOOK_URL",
  "OPS_ALERT_WEBHOOK_SECRET",
  "R2_DOWNLOAD_ENDPOINT",
  "R2_DOWNLOAD_ACCESS_KEY_ID",
  "R2_DOWNLOAD_SECRET_ACCESS_KEY",
  "LOOK_PUBLIC_KEY",
] as const;
export type EnvName = (typeof ENV_NAMES)[number];
export type ReadEnv = (name: EnvName) => string | undefined;

export interface Config {
  supabaseUrl: string;
  /** Sent as `apikey`; it names the project and does not authenticate. */
  publishableKey: string;
  githubToken: string;
  githubOwner: string;
  githubRepo: string;
  githubRef: string;
  githubApiUrl: string;
}

const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));

const environment = z.object({
  SUPABASE_URL: httpUrl,
  SUPABASE_PUBLISHABLE_KEYS: z.string(),
  GITHUB_TOKEN: z.string(),
  GITHUB_REPO: z.string().regex(/^[\w.-]+\/[\w.-]+$/).transform((name) => name.split("/", 2)),
  GITHUB_DEFAULT_REF: z.string().default("main"),
  GITHUB_API_URL: httpUrl.default("https://api.github.com"),
  SITE_URL: httpUrl.optional(),
});

/**
 * The settings the function cannot work without.
 * @throws {BackupError} `config_error`; `details` has the names that are `missing` and `invalid`, no value.
 */
export function readConfig(read: ReadEnv): Config {
  const raw = rawValues(read);
  const result = environment.safeParse(raw);
  if (!result.success) {
    const names = new Set(result.error.issues.map((issue) => String(issue.path[0])));
    throw configError([...names].filter((name) => !raw[name]), [...names].filter((name) => raw[name]));
  }
  const env = result.data;
  const [githubOwner = "", githubRepo = ""] = env.GITHUB_REPO;
  return {
    supabaseUrl: env.SUPABASE_URL,
    publishableKey: env.SUPABASE_PUBLISHABLE_KEYS,
    githubToken: env.GITHUB_TOKEN,
    githubOwner,
    githubRepo,
    githubRef: env.GITHUB_DEFAULT_REF,
    githubApiUrl: env.GITHUB_API_URL,
  };
}

/**
 * The repository's page. The API is at a host of its own (`api.github.com`, `api.NAME.ghe.com`), that of GitHub Enterprise Server
 * below `/api/v3`.
 */
export function repositoryUrl({ githubApiUrl, githubOwner, githubRepo }: Config): string {
  const site = githubApiUrl.replace(/\/\/api\.(github\.com|[^/]+\.ghe\.com)$/, "//$1").replace(
    /\/api\/v3$/,
    "",
  );
  return `${site}/${githubOwner}/${githubRepo}`;
}

/** Blank counts as unset. The publishable key is returned under one name, whichever variable has it. */
function rawValues(read: ReadEnv): Record<string, string | undefined> {
  const raw: Record<string, string | undefined> = {};
  for (const name of ENV_NAMES) raw[name] = read(name)?.trim() || undefined;
  raw.SUPABASE_PUBLISHABLE_KEYS = defaultKey(raw.SUPABASE_PUBLISHABLE_KEYS) ?? raw.SUPABASE_ANON_KEY;
  return raw;
}

/** Access with the platform's secret key, for `own_name.ts` and `watch_access.ts` alone. */
export interface ServiceAccess {
  supabaseUrl: string;
  /** Acts as `service_role`. */
  secretKey: string;
}

/** `null` where the platform provides no secret key: calls that need it then fail. */
export function readServiceAccess(read: ReadEnv): ServiceAccess | null {
  const supabaseUrl = httpUrl.safeParse(read("SUPABASE_URL")?.trim());
  const secretKey = defaultKey(read("SUPABASE_SECRET_KEYS")) ?? read("SUPABASE_SERVICE_ROLE_KEY")?.trim();
  return supabaseUrl.success && secretKey ? { supabaseUrl: supabaseUrl.data, secretKey } : null;
}

/** A token of the vault that only reads, for `download.ts` alone. */
export interface VaultAccess {
  /** Address of the account's S3 API, or the stand-in's on this machine. */
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const vaultAccess = z.object({
  R2_DOWNLOAD_ENDPOINT: httpUrl.refine(isPrivateTransport),
  R2_DOWNLOAD_ACCESS_KEY_ID: z.string().min(1),
  R2_DOWNLOAD_SECRET_ACCESS_KEY: z.string().min(1),
}).transform((env): VaultAccess => ({
  endpoint: env.R2_DOWNLOAD_ENDPOINT,
  accessKeyId: env.R2_DOWNLOAD_ACCESS_KEY_ID,
  secretAccessKey: env.R2_DOWNLOAD_SECRET_ACCESS_KEY,
}));
const DOWNLOAD_NAMES = [
  "R2_DOWNLOAD_ENDPOINT",
  "R2_DOWNLOAD_ACCESS_KEY_ID",
  "R2_DOWNLOAD_SECRET_ACCESS_KEY",
] as const;

/** `access` is `null` unless all secrets can be used: downloads are off. `faulty` names those that are in the way. */
export function readVaultAccess(read: ReadEnv): { access: VaultAccess | null; faulty: readonly string[] } {
  const raw = Object.fromEntries(DOWNLOAD_NAMES.map((name) => [name, read(name)?.trim() || undefined]));
  if (DOWNLOAD_NAMES.every((name) => raw[name] === undefined)) return { access: null, faulty: [] };
  const result = vaultAccess.safeParse(raw);
  if (result.success) return { access: result.data, faulty: [] };
  const isFaulty = (name: string) => result.error.issues.some(({ path }) => path[0] === name);
  return { access: null, faulty: DOWNLOAD_NAMES.filter(isFaulty) };
}

/** Links would pass through the network unencrypted: `http` is for this machine's stand-in alone. */
function isPrivateTransport(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || hostname === "127.0.0.1" || hostname === "localhost";
}

function defaultKey(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  try {
    return z.object({ default: z.string().min(1) }).parse(JSON.parse(json)).default;
  } catch {
    return undefined;
  }
}

/** The caller is not authenticated yet: the names are for the function's log alone. */
function configError(missing: string[], invalid: string[]): BackupError {
  const list = (names: string[], label: string) => names.length > 0 ? [`${label}: ${names.join(", ")}.`] : [];
  const message = ["Cannot serve.", ...list(missing, "Missing"), ...list(invalid, "Invalid")].join(" ");
  return new BackupError("config_error", message, { details: { missing, invalid } });
}
