/** Who may restore what, and the restores of production that wait for a second user. */

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { z } from "zod";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

/** A request waits for minutes: the second user sees it soon. */
const POLL_MS = 15_000;

const waitingSchema = z.object({
  request_id: z.guid(),
  r2_key: z.string(),
  sha256: z.string().nullable(),
  reason: z.string(),
  requested_by: z.string().nullable(),
  requested_at: z.string(),
  expires_at: z.string(),
  /** What the restore does beside replacing the content, by the name of the option; an older catalog has none. */
  options: z.record(z.string(), z.unknown()).default({}),
  decision: z.enum(["approved", "denied"]).nullable(),
  is_own: z.boolean(),
});
export type WaitingRestore = z.infer<typeof waitingSchema>;

const controlSchema = z.object({
  operators_named: z.boolean(),
  /** `null`: the ERP keeps its rights where the database's functions do not look. */
  acting_companies: z.number().nullable(),
  waiting: z.array(waitingSchema),
});
export type Control = z.infer<typeof controlSchema>;

function controlQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.control,
    queryFn: ({ signal }) => gateway.read("ops_db_backup_control", {}, controlSchema, signal),
    refetchInterval: POLL_MS,
  });
}

export function useControl() {
  return useQuery(controlQuery(useGateway()));
}

/** Approves or denies a restore that waits. */
export function useDecision() {
  const gateway = useGateway();
  const cache = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: ({ requestId, approve }: { requestId: string; approve: boolean }) => {
      const args = { p_request_id: requestId, p_approve: approve };
      return gateway.read("ops_db_backup_decide", args, controlSchema, new AbortController().signal);
    },
    onSuccess: (control) => cache.setQueryData(keys.control, control),
  });
}
