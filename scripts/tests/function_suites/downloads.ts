/** Links to a backup, against the vault's simulator. After the starts, which have made a backup of verify. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { downloadAnswerSchema, featuresAnswerSchema } from "@backup/api.ts";
import { presign } from "../../../supabase/functions/ops-backups/presign.ts";
import { ask } from "../function_caller.ts";
import { type FunctionPlace, REQUEST_ID, statusOf } from "../function_place.ts";
import { GOOD } from "./refusals.ts";

export function describeDownloads(place: () => FunctionPlace): void {
  describe("a permitted download", () => {
    it("is recorded with its reason, and gives the stored bytes for a while", async () => {
      const { stack, sql, tokens } = place();
      const offered = await ask(stack, { token: tokens.viewer, body: GOOD.features });
      expect(featuresAnswerSchema.parse(offered.body).download).toBe(true);
      const { run } = await statusOf(place(), REQUEST_ID);
      const body = { ...GOOD.download, r2_key: run.r2_key };
      const answer = downloadAnswerSchema.parse((await ask(stack, { token: tokens.manager, body })).body);

      const [record] = await sql`
        select actor, r2_key, record::jsonb -> 'detail' as detail
          from public.ops_db_backup_audit where event = 'download'`;
      const [row] = await sql`
        select sha256, bytes::int from public.ops_db_backups where r2_key = ${run.r2_key}`;
      const { admin } = stack.users;
      expect(record).toEqual({
        ...{ actor: admin.email, r2_key: run.r2_key },
        detail: { reason: GOOD.download.reason, ...row },
      });
      const stored = Buffer.from(await (await fetch(answer.archive.url)).arrayBuffer());
      expect(createHash("sha256").update(stored).digest("hex")).toBe(row?.sha256);
      expect(await (await fetch(answer.manifest?.url ?? "")).json()).toMatchObject({
        file: answer.archive.file,
        ...row,
      });

      const longAgo = new Date(Date.now() - 301_000);
      const url = answer.archive.url.split("?")[0] ?? "";
      const expired = await presign(url, stack.r2, { method: "GET", at: longAgo, seconds: 300 });
      expect((await fetch(expired)).status).toBe(403);
      const other = answer.archive.url.replace("Expires=300", "Expires=900");
      expect((await fetch(other)).status).toBe(403);
    });
  });
}
