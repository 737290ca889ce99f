/** Who made an archive that has no manifest: a run of ours that did not come so far, or somebody else. */
import { z } from "zod";
import { parseArchiveKey } from "@backup/vault/object_key.ts";
import { isActive, runStatusSchema } from "@backup/runs/run.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { literal } from "../postgres/psql.ts";

/** `active`: a run may be writing it now; `failed`: the run has ended without a backup; `other`: no such run. */
export type Maker = "active" | "failed" | "other";

/** The clocks of a runner and of the database may differ by so much. */
const TOLERANCE = "interval '2 minutes'";

/** Asks the runs of the archive's target during which its name was given; restores take safety copies. */
export async function makerOf(catalog: Catalog, key: string): Promise<Maker> {
  const { target, createdAtUtc } = parseArchiveKey(key);
  const at = `${literal(createdAtUtc)}::timestamptz`;
  const rows = await catalog.rows(
    `select to_json(status) from public.ops_db_backup_runs
      where kind in ('backup', 'restore') and target = ${literal(target)}
        and created_at between ${at} - interval '7 days' and ${at} + ${TOLERANCE}
        and coalesce(finished_at, 'infinity') >= ${at} - ${TOLERANCE}
      order by created_at desc limit 1;`,
  );
  const [status] = z.array(runStatusSchema).parse(rows);
  if (status === undefined || status === "succeeded") return "other";
  return isActive(status) ? "active" : "failed";
}
