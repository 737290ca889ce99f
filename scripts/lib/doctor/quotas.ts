/** Whether the scheduled backups of prod fit into what the providers' plans include; docs/costs.md has the sources. */
import { z } from "zod";
import type { Result } from "@backup/result.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { type CheckVerdict, notChecked } from "./check.ts";

/** Supabase Pro and GitHub Free, a month. */
const INCLUDED = { egressGb: 250, minutes: 2_000 };
const DAYS = 365.25 / 12;
/** Until a job works; the other schedules of a month. */
const SETUP_SECONDS = 45;
const OTHER_MINUTES = 190;

const paceSchema = z.object({
  /** Full backups that the schedule made in the last 24 hours. */
  perDay: z.number(),
  /** Of the newest backup, before compression. */
  rawBytes: z.number().nullable(),
  /** The median of the last 20 backups; `null` before the first one of a workflow. */
  seconds: z.number().nullable(),
});
export type BackupPace = z.infer<typeof paceSchema>;

const PACE = `select json_build_object(
    'perDay', (select count(*) from public.ops_db_backups where target = 'prod' and mode = 'full' and origin = 'schedule'
      and duplicate_of is null and created_at between now() - interval '24 hours' and now()),
    'rawBytes', (select raw_bytes from public.ops_db_backups where target = 'prod' and mode = 'full' and raw_bytes is not null
      and status <> 'deleted' order by created_at desc limit 1),
    'seconds', (select percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at)) from (
      select * from public.ops_db_backup_runs where kind = 'backup' and target = 'prod' and status = 'succeeded'
        and started_at is not null order by finished_at desc limit 20) r));`;

export async function readPace(catalog: Catalog): Promise<BackupPace> {
  return paceSchema.parse((await catalog.rows(PACE))[0]);
}

export function quotaVerdict(pace: Result<BackupPace>): CheckVerdict {
  if (!pace.ok) return notChecked(`o catálogo não pôde ser lido (${pace.message})`);
  const { perDay, rawBytes, seconds } = pace.value;
  if (rawBytes === null) return notChecked("ainda não há backup de que medir o tamanho");
  const backups = Math.max(perDay, 1) * DAYS;
  const egressGb = backups * rawBytes / 1e9;
  const minutes = backups * Math.ceil((SETUP_SECONDS + (seconds ?? 0)) / 60) + OTHER_MINUTES;
  const facts = { per_day: perDay, egress_gb: Math.round(egressGb), minutes: Math.round(minutes) };
  const use = `Os backups agendados tiram por mês cerca de ${whole(egressGb)} GB do banco e gastam ` +
    `${whole(minutes)} minutos do GitHub`;
  if (egressGb <= INCLUDED.egressGb && minutes <= INCLUDED.minutes) {
    return { status: "ok", message: `${use}; cabe no que os planos incluem.`, facts };
  }
  return {
    status: "warning",
    message: `${use}; os planos incluem ${INCLUDED.egressGb} GB e ${
      whole(INCLUDED.minutes)
    } minutos, o resto é cobrado.`,
    hint: "Faça menos backups por dia (REVO_BACKUP_EVERY_FOUR_HOURS), ou aceite o preço: docs/costs.md.",
    facts,
  };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("pt-BR");
}
