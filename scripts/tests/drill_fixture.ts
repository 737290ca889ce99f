/**
 * Shared by the drill's tests: a database of the sample ERP whose users belong to companies, and drills of its
 * backups.
 */
import { createHash } from "node:crypto";
import postgres from "postgres";
import { parseManifest, sealManifest } from "@backup/vault/manifest.ts";
import { siblingKeys } from "@backup/vault/object_key.ts";
import type { Receipt } from "@backup/vault/receipt.ts";
import { migrate, readMigrations } from "../dev/migrate.ts";
import { loadErpData } from "../dev/seed/data.ts";
import { applyErpSchema } from "../dev/seed/schema.ts";
import { createAuthTables } from "../dev/supabase/auth_schema.ts";
import { type CompletedDrill, drill, type DrillSpec } from "../lib/drill/drill.ts";
import { measureDefinitions } from "../lib/postgres/measure_definitions.ts";
import { PhaseTimes } from "../lib/drill/phase_times.ts";
import type { OwnDatabase } from "../lib/server/prepare_platform.ts";
import {
  binaries,
  createPlatform,
  engine,
  type EnginePlace,
  type EngineVault,
  sql,
} from "./engine_fixture.ts";

const ROWS = 2000;

/** Each salesman selects the company of the membership. */
const CHOOSE_COMPANIES = `
insert into public.usuario_empresa_ativa (user_id, empresa_id)
  select user_id, empresa_id from public.empresa_usuarios`;

/** The sample ERP with the catalog, as prod has it. */
export async function createErp({ server }: EnginePlace, name: string): Promise<void> {
  await createPlatform(server, name);
  await createAuthTables(binaries.path("psql"), [server.connection("supabase_auth_admin", name)]);
  await migrate(binaries.path("psql"), server.connection("postgres", name), await readMigrations());
  const client = postgres(server.url("postgres", name), { max: 1, onnotice: () => {} });
  try {
    await applyErpSchema(client, "newest");
    await loadErpData(client, "newest", ROWS);
    await client.unsafe(CHOOSE_COMPANIES);
  } finally {
    await client.end();
  }
}

/** Copies a database with its content, then changes the copy. */
export async function copyErp(
  { server }: EnginePlace,
  from: string,
  to: string,
  change: string,
): Promise<void> {
  await server.copyDatabase(from, to);
  await sql(server.connection("postgres", to), change);
}

let databases = 0;

/** A database for one restore. */
export async function makeThrowaway({ server }: Pick<EnginePlace, "server">): Promise<OwnDatabase> {
  const name = `drill_${++databases}`;
  await createPlatform(server, name);
  return { owner: server.connection("postgres", name), superuser: server.connection("supabase_admin", name) };
}

export interface DrillOptions extends Partial<Omit<DrillSpec, "key">> {
  now?: Date;
  throwaway?: OwnDatabase;
}

/** Drills a backup as the command does, on a database of this fixture's server. */
export async function drillOf(
  place: Pick<EnginePlace, "server"> & { store: Pick<EngineVault, "vault"> },
  key: string,
  options: DrillOptions = {},
): Promise<CompletedDrill> {
  const { now, throwaway = await makeThrowaway(place), ...order } = options;
  const deps = engine(place.store.vault, throwaway.owner);
  const clock = () => performance.now();
  const progress = new PhaseTimes(deps.progress, clock);
  const context = { ...deps, progress, clock, now: () => now ?? deps.now() };
  const defaults = {
    requester: { run: null, gitSha: null },
    freshHours: 26,
    anonReads: [],
    sharedReads: [],
    projectAsserts: null,
    measures: measureDefinitions(),
  };
  return await drill(context, { key, ...defaults, ...order }, throwaway);
}

/** Names of a receipt's checks with a verdict. */
export function namesWith({ checks }: Pick<Receipt, "checks">, wanted: string): string[] {
  return checks.filter(({ verdict }) => verdict === wanted).map(({ name }) => name);
}

/** Replaces an archive and, by default, updates its manifest to match. */
export async function replaceArchive(store: EngineVault, key: string, bytes: Uint8Array): Promise<void> {
  await store.replace(key, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await rewriteManifest(store, key, { sha256, bytes: bytes.length });
}

/** Signed anew where the vault has a key. */
export async function rewriteManifest(store: EngineVault, key: string, changes: object): Promise<void> {
  const { manifest } = siblingKeys(key);
  const read = await parseManifest(await store.vault.text(manifest));
  const fields = { ...read, ...changes };
  const { signer } = store.vault;
  await store.replace(
    manifest,
    await sealManifest(signer ? await signer.signJson(manifest, fields) : fields),
  );
}
