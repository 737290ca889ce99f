/** Files of a repository that delete in the vault: a workflow or a script with a rule of its own eats backups. */
import { z } from "zod";
import { AUDIT_ROOT } from "@backup/audit.ts";
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import { VAULT_ROOT } from "@backup/vault/object_key.ts";

/** A file with a statement that deletes objects below one of the vault's prefixes. */
export interface Deletion {
  path: string;
  prefix: string;
  /** The age from which it deletes, in days; `null` where the text does not say. */
  days: number | null;
}

const PREFIX = new RegExp(`(?:^|[\\s"'=/(])((?:${VAULT_ROOT}|${AUDIT_ROOT})/)`, "m");
const DELETES =
  /\b(?:s3 rm|s3api delete-objects?|delete-objects?|DeleteObjects?(?:Command)?|rclone (?:delete|purge|sync)|mc rm|r2 object delete|put-bucket-lifecycle\S*)\b/i;
const DAYS =
  /(\d+)\s*(?:days?|dias?)\b|-mtime\s*\+(\d+)|--(?:min-age|older-than)[= ]"?(\d+)d|(?:DAYS|DIAS)["']?\s*[:=]\s*["']?(\d+)/i;

/** @param files path and text of each file */
export function findDeletions(files: readonly { path: string; text: string }[]): Deletion[] {
  return files.flatMap(({ path, text }) => {
    const prefix = PREFIX.exec(text)?.[1];
    if (prefix === undefined || !DELETES.test(text)) return [];
    const days = DAYS.exec(text)?.slice(1).find((it) => it !== undefined);
    return [{ path, prefix, days: days === undefined ? null : z.coerce.number().parse(days) }];
  });
}

/** Which copies of this product such a deletion takes, in pt-BR. */
export function copiesTaken({ days }: Pick<Deletion, "days">): string {
  const { daily, weekly, monthly, yearly } = DEFAULT_POLICY;
  const series: readonly (readonly [string, number])[] = [
    [`os ${daily} diários`, daily],
    [`os ${weekly} semanais`, weekly * 7],
    [`os ${monthly} mensais`, monthly * 31],
    [`os ${yearly} anuais`, yearly * 366],
  ];
  const eaten = series.filter(([, lasts]) => days === null || lasts > days).map(([name]) => name);
  const others = ["os retidos por data", "os recibos de ensaio"];
  return [...eaten, ...others].join(", ");
}
