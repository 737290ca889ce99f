/** GitHub's environments, which hold the secrets of the jobs, and the secrets that are needed. */

/** Jobs that change no backup and no database; those that do; a restore of prod. Every job of `db-*.yml` names one. */
export const ENVIRONMENTS = ["backups-read", "backups-write", "restore-prod"] as const;

/** Secrets that the jobs of every environment need, and those that only one target needs. */
export const REQUIRED_SECRETS = [
  "R2_ENDPOINT",
  "R2_ACCESS_KEY_ID",
  "R2_SECRET_ACCESS_KEY",
  "SUPABASE_DB_URL_PROD",
];
export const TARGET_SECRETS = ["SUPABASE_DB_URL_DEV", "SUPABASE_DB_URL_VERIFY"];
