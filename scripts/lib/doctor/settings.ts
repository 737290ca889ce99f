/**
 * The environment of the other commands, as the doctor reads it. Nothing is required: missing and invalid variables are
 * results of its checks.
 */
import { FUNCTION_NAME } from "@backup/api.ts";
import { REQUIRED_SECRETS, TARGET_SECRETS } from "@backup/github/environments.ts";
import { type Target, TARGETS } from "@backup/target.ts";
import { toBackupError } from "@backup/errors.ts";
import { vaultEnvironment } from "../alerts/environment.ts";
import type { Connection } from "../postgres/connection.ts";
import { connectionOf } from "../postgres/target_connection.ts";
import { type Environment, readEnvironment } from "../process/environment.ts";
import { type EndpointFault, readEndpoint } from "../vault/endpoint.ts";
import { vaultOf } from "../vault/environment.ts";
import { connectGitHub, type GitHubRepository } from "../alerts/github.ts";
import type { Vault } from "../vault/vault.ts";
import type { CloudflareAccess } from "./cloudflare_rules.ts";
import type { Result } from "@backup/result.ts";

export interface DoctorSettings {
  /** Names of variables without a value. */
  missing: string[];
  /** Names of variables that cannot be used, with the reason. */
  invalid: string[];
  /** What is accepted, but not as it should be written. */
  remarks: string[];
  /** Of the databases that are set; the reason for those whose URL is refused. */
  connections: Partial<Record<Target, Result<Connection>>>;
  vault: { vault: Vault; endpoint: string; readsOnly: boolean } | null;
  github: { repository: GitHubRepository; apiUrl: string; isFunctionsToken: boolean } | null;
  /** For the bucket's rules, which the S3 API does not return to a key with object permissions only. */
  cloudflare: CloudflareAccess | null;
  functionUrl: string | null;
}

const ENDPOINT_FAULTS: Readonly<Record<EndpointFault, string>> = {
  no_address: "R2_ENDPOINT não é um endereço",
  not_encrypted: "R2_ENDPOINT começa com http:// e levaria tudo sem criptografia",
  public_address: "R2_ENDPOINT é o endereço público do balde (r2.dev), que não aceita escrita",
  other_bucket: "R2_ENDPOINT traz o nome de um balde que não é o de R2_BUCKET",
};
const NAMED_BUCKET =
  "R2_ENDPOINT traz o nome do balde, que não conta: o certo é só https://CONTA.r2.cloudflarestorage.com";
const URLS = ["GITHUB_API_URL", "FUNCTION_URL", "SUPABASE_URL", "CLOUDFLARE_API_URL"];

export function readSettings(environment: Environment): DoctorSettings {
  const connections = readConnections(environment);
  const endpoint = endpointOf(environment);
  const wrongUrls = URLS.filter((name) => environment[name] && !URL.canParse(environment[name]));
  return {
    missing: [...REQUIRED_SECRETS, ...TARGET_SECRETS].filter((name) => !environment[name]),
    invalid: [
      ...typeof endpoint === "string" ? [ENDPOINT_FAULTS[endpoint]] : [],
      ...wrongUrls.map((name) => `${name} não é um endereço`),
      ...Object.entries(connections).flatMap(([target, connection]) =>
        connection.ok || connection.code === "transaction_pooler"
          ? []
          : [`SUPABASE_DB_URL_${target.toUpperCase()} não serve`]
      ),
    ],
    remarks: typeof endpoint === "object" && endpoint?.namedBucket ? [NAMED_BUCKET] : [],
    connections,
    vault: readVault(environment),
    github: readGitHub(environment, wrongUrls),
    cloudflare: readCloudflare(environment),
    functionUrl: readFunctionUrl(environment, connections.prod),
  };
}

function bucketOf({ R2_BUCKET }: Environment): string {
  return R2_BUCKET || vaultEnvironment.shape.R2_BUCKET.parse(undefined);
}

/** `null` when it is not set. */
function endpointOf(environment: Environment) {
  const { R2_ENDPOINT } = environment;
  return R2_ENDPOINT ? readEndpoint(R2_ENDPOINT, bucketOf(environment)) : null;
}

function readConnections(environment: Environment): DoctorSettings["connections"] {
  const set = TARGETS.filter((target) => environment[`SUPABASE_DB_URL_${target.toUpperCase()}`]);
  return Object.fromEntries(set.map((target) => [target, connect(target, environment)]));
}

function connect(target: Target, environment: Environment): Result<Connection> {
  try {
    return { ok: true, value: connectionOf(target, environment) };
  } catch (thrown) {
    const { code, message } = toBackupError(thrown);
    return { ok: false, code, message };
  }
}

function readVault(environment: Environment): DoctorSettings["vault"] {
  try {
    const env = readEnvironment(vaultEnvironment, environment);
    const readsOnly = environment.R2_ACCESS === "read";
    return { vault: vaultOf(env, { retry: { patienceMs: 0 } }), endpoint: env.R2_ENDPOINT, readsOnly };
  } catch {
    return null; // `missing` and `invalid` say why
  }
}

function readGitHub(environment: Environment, wrongUrls: readonly string[]): DoctorSettings["github"] {
  const { FUNCTION_GITHUB_TOKEN, GITHUB_TOKEN, GITHUB_API_URL } = environment;
  const repository = environment.GITHUB_REPOSITORY || environment.GITHUB_REPO;
  const token = FUNCTION_GITHUB_TOKEN || GITHUB_TOKEN;
  if (!token || !repository || wrongUrls.includes("GITHUB_API_URL")) return null;
  const apiUrl = GITHUB_API_URL || "https://api.github.com";
  return {
    repository: connectGitHub({ token, apiUrl, repository }),
    apiUrl,
    isFunctionsToken: Boolean(FUNCTION_GITHUB_TOKEN),
  };
}

function readCloudflare(environment: Environment): CloudflareAccess | null {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_API_URL } = environment;
  const endpoint = endpointOf(environment);
  const { account: ofHost, jurisdiction } = typeof endpoint === "object" && endpoint !== null
    ? endpoint
    : { account: null, jurisdiction: null };
  const account = ofHost ?? environment.CLOUDFLARE_ACCOUNT_ID;
  if (!token || !account) return null;
  return {
    apiUrl: CLOUDFLARE_API_URL || "https://api.cloudflare.com/client/v4",
    token,
    account,
    jurisdiction,
    bucket: bucketOf(environment),
  };
}

/** FUNCTION_URL, else the function of SUPABASE_URL's project, else of the project of prod's database. */
function readFunctionUrl(environment: Environment, prod: Result<Connection> | undefined): string | null {
  const { FUNCTION_URL, SUPABASE_URL } = environment;
  const ref = prod?.ok ? prod.value.projectRef : null;
  const project = SUPABASE_URL || (ref && `https://${ref}.supabase.co`);
  const url = FUNCTION_URL || (project && `${project.replace(/\/+$/, "")}/functions/v1/${FUNCTION_NAME}`);
  return url && URL.canParse(url) ? url : null;
}
