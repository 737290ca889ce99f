/** What a drill does not prove: content of no backup, content that this backup lacks, checks that could not run. */
import type { CheckResult, NotProven } from "@backup/vault/receipt.ts";
import type { DrilledRestore } from "./restore_and_check.ts";

/** Of every backup. */
const NEVER_IN_A_BACKUP: readonly NotProven[] = [
  { name: "files of Storage", why: "a backup holds their names, not the files" },
  { name: "passwords and settings of roles", why: "roles belong to the server, not to the database" },
  { name: "Vault secrets, cron jobs, Edge Functions", why: "the platform's own schemas are not backed up" },
  { name: "point-in-time recovery", why: "it is the provider's; a backup is one moment" },
  {
    name: "the platform's own services",
    why: "a plain PostgreSQL with Supabase's roles stood in for the project",
  },
];

/** @param restored `null` when the backup could not be restored */
export function notProven(
  checks: readonly CheckResult[],
  restored: Pick<DrilledRestore, "verified" | "unavailable" | "leftOut" | "omission" | "warnings"> | null,
): NotProven[] {
  const untested = checks.filter(({ verdict }) => verdict === "SKIPPED")
    .map(({ name, detail }) => ({ name, why: detail }));
  if (restored === null) return [...untested, ...NEVER_IN_A_BACKUP];
  const { verified, unavailable, leftOut, omission, warnings } = restored;
  return [
    ...untested,
    ...verified.notChecked.map((what) => ({ name: "the engine's own comparison", why: what })),
    ...unavailable.map(({ name, why }) => ({ name: `extension ${name}`, why })),
    ...leftOut,
    ...omission?.objects ?? [],
    ...warnings.map((warning) => ({ name: "work after the restore", why: warning })),
    ...NEVER_IN_A_BACKUP,
  ];
}
