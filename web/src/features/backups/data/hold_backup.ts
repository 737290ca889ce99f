/** Places or releases a hold, which keeps a backup from retention. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { backupRowSchema } from "@backup/vault/catalog.ts";
import { useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";

export interface Hold {
  key: string;
  /** Until when, `null` releases it. */
  until: Date | null;
  reason: string;
}

/** The new state is shown after the database has stored it. */
export function useHoldBackup(onDone: () => void) {
  const gateway = useGateway();
  const cache = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: ({ key, until, reason }: Hold) => {
      const args = { p_r2_key: key, p_until: until?.toISOString() ?? null, p_reason: reason };
      return gateway.read("ops_db_backup_hold", args, backupRowSchema, new AbortController().signal);
    },
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: keys.backups });
      onDone();
    },
  });
}
