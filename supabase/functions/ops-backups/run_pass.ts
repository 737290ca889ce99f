/**
 * A run's pass: permits its bearer to follow and cancel one run at GitHub while the catalog does not answer. The
 * function issues it after the database has permitted the caller, and signs it with a key made from `GITHUB_TOKEN`:
 * the credential that the pass lends is the only one that can make it, and a new token ends all passes.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { RunPass } from "@backup/api.ts";
import { type Run, runKindSchema } from "@backup/runs/run.ts";
import { RUN_PASS_VALID_MS } from "@backup/service_levels.ts";
import { RequestError } from "./responses.ts";

/** Header of requests that use a pass instead of the caller's token. */
export const RUN_PASS_HEADER = "x-revo-run-pass";

const PURPOSE = "revo-backups run pass, version 1";

const contentSchema = z.object({
  request_id: z.guid(),
  kind: runKindSchema,
  created_at: z.string(),
  github_run_id: z.number().nullable(),
  may_cancel: z.boolean(),
  expires_at: z.string(),
});
/** What a verified pass permits. */
export type PassContent = z.infer<typeof contentSchema>;

export interface PassOffice {
  /** A pass for one run. `mayCancel`: the database has permitted this caller `ops:manage`. */
  issue(run: Run, mayCancel: boolean): RunPass;
  /** @throws {RequestError} `run_pass_invalid`: not ours, changed, or expired. */
  verify(token: string): PassContent;
}

/** Issues and verifies passes. `secret`: `GITHUB_TOKEN`. */
export function createPassOffice(secret: string, now: () => Date): PassOffice {
  const key = createHmac("sha256", secret).update(PURPOSE).digest();
  const sign = (payload: string) => createHmac("sha256", key).update(payload).digest("hex");
  return {
    issue(run, mayCancel) {
      const { request_id, kind, created_at, github_run_id } = run;
      const expires_at = new Date(now().getTime() + RUN_PASS_VALID_MS).toISOString();
      const content = { request_id, kind, created_at, github_run_id, may_cancel: mayCancel, expires_at };
      const payload = btoa(JSON.stringify(contentSchema.parse(content)));
      const token = `${payload}.${sign(payload)}`;
      return { token, may_cancel: mayCancel, expires_at };
    },
    verify(token) {
      const [payload = "", signature = ""] = token.split(".", 2);
      if (!isEqual(signature, sign(payload))) {
        throw new RequestError("run_pass_invalid", "Cannot accept a pass that this function did not sign");
      }
      const content = contentSchema.parse(JSON.parse(atob(payload)));
      if (Date.parse(content.expires_at) <= now().getTime()) {
        throw new RequestError(
          "run_pass_invalid",
          `Cannot accept a pass that expired at ${content.expires_at}`,
        );
      }
      return content;
    },
  };
}

/** Compares in constant time. */
function isEqual(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => new TextEncoder().encode(text));
  return a !== undefined && b !== undefined && a.length === b.length && timingSafeEqual(a, b);
}
