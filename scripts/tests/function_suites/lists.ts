/** The lists through PostgREST, as supabase-js calls them: pages, orders, counts, filters, and the codes of refusals. */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { backupRowSchema } from "@backup/vault/catalog.ts";
import { runSchema } from "@backup/runs/run.ts";
import type { FunctionPlace } from "../function_place.ts";

const ROWS = 30;
const backups = z.array(backupRowSchema);
const runs = z.array(runSchema);

export function describeLists(place: () => FunctionPlace): void {
  const as = (who: string): SupabaseClient => {
    const { stack, tokens } = place();
    return createClient(stack.urls.supabase, stack.keys.publishable, {
      accessToken: () => Promise.resolve(tokens[who] ?? ""),
    });
  };

  describe("the lists, as supabase-js calls them", () => {
    beforeAll(async () => {
      // realtime is not used, but the client requires a WebSocket, which Node before 22 does not have
      if (globalThis.WebSocket === undefined) Object.assign(globalThis, { WebSocket });
      const { sql } = place();
      await sql`delete from public.ops_db_backups where target = 'verify'`; // rows of earlier restores
      await sql`
        insert into public.ops_db_backups
          (created_at, target, mode, r2_bucket, r2_key, bytes, label, requested_by)
        select '2025-01-01'::timestamptz + n * interval '1 day', 'verify', 'full', 'lists', 'lists/' || n,
               1000 - n, case when n % 2 = 0 then 'par_' || n end, 'schedule'
          from generate_series(1, ${ROWS}) n`;
      await sql`
        insert into public.ops_db_backup_runs
          (created_at, kind, target, request_id, status, started_at, finished_at, result)
        select '2025-01-01'::timestamptz + n * interval '1 day', 'drill', 'verify', gen_random_uuid(), 'succeeded',
               now(), now(), '{"plan": {"big": true}, "checks": 1}'
          from generate_series(1, ${ROWS}) n`;
    });

    it("range, order and count apply to the rows of the call", async () => {
      const { data, count, error } = await as("viewer")
        .rpc("ops_db_backups_list", { p_target: "verify", p_limit: 100 }, { count: "exact" })
        .select("*")
        .order("bytes", { ascending: true })
        .range(10, 14);
      expect(error).toBeNull();
      expect(count).toBe(ROWS);
      expect(backups.parse(data).map(({ bytes }) => bytes)).toEqual([980, 981, 982, 983, 984]);
    });

    it("the three arguments of older clients work, also by GET", async () => {
      const page = { p_target: "verify", p_limit: 5, p_offset: 5 };
      const posted = await as("viewer").rpc("ops_db_backups_list", page);
      expect(backups.parse(posted.data).map(({ r2_key }) => r2_key)).toEqual(
        [25, 24, 23, 22, 21].map((n) => `lists/${n}`),
      );
      const got = await as("viewer").rpc("ops_db_backups_list", page, { get: true });
      expect(got.data).toEqual(posted.data);
      const none = await as("viewer").rpc("ops_db_backups_list", { p_limit: 0, p_offset: -1 });
      expect([none.error, backups.parse(none.data).length]).toEqual([null, 1]);
    });

    it("keyset pages with filters and search return each row once", async () => {
      const keys: string[] = [];
      let after: string | undefined;
      for (;;) {
        const args = { p_target: "verify", p_limit: 7, p_search: "LISTS/", p_after_id: after };
        const rows = backups.parse((await as("viewer").rpc("ops_db_backups_list", args)).data);
        if (rows.length === 0) break;
        keys.push(...rows.map(({ r2_key }) => r2_key));
        after = rows.at(-1)?.id;
      }
      expect(keys).toEqual(Array.from({ length: ROWS }, (_, index) => `lists/${ROWS - index}`));
      const labelled = { p_target: "verify", p_search: "par_2", p_sort: "oldest", p_from: "2025-01-10" };
      const { data } = await as("viewer").rpc("ops_db_backups_list", labelled);
      expect(backups.parse(data).map(({ label }) => label)).toEqual(
        [20, 22, 24, 26, 28].map((n) => `par_${n}`),
      );
    });

    it("runs have no plan text, except a run that is read by its id", async () => {
      const args = { p_target: "verify", p_kind: "drill", p_limit: 3 };
      const listed = runs.parse((await as("viewer").rpc("ops_db_backup_runs_list", args)).data);
      expect(listed.map(({ result }) => result)).toEqual(Array(3).fill({ checks: 1 }));
      const one = { p_request_id: listed[0]?.request_id };
      const [run] = runs.parse((await as("viewer").rpc("ops_db_backup_runs_list", one)).data);
      expect(run?.result).toEqual({ plan: { big: true }, checks: 1 });
    });

    it.each(
      [
        ["stranger", {}, 403, "forbidden"],
        ["viewer", { p_sort: "best" }, 400, "invalid_payload"],
        ["viewer", { p_after_id: "6f1c1c1e-7a52-4a0e-9a52-2d5f0c1a9b11" }, 400, "invalid_payload"],
      ] as const,
    )("%s with %j is refused", async (who, args, status, code) => {
      const answer = await as(who).rpc("ops_db_backups_list", args);
      expect([answer.status, answer.error?.hint]).toEqual([status, code]);
    });
  });
}
