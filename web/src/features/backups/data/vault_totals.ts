/** Number and size of everything that the vault holds, samples left out. */

import { useQueries } from "@tanstack/react-query";
import { TARGETS } from "@backup/target.ts";
import { isSample } from "@backup/vault/sample.ts";
import { useGateway } from "./gateway.tsx";
import { vaultContentQuery } from "./list_backups.ts";

export interface VaultTotals {
  count: number;
  bytes: number;
  /** Whether the lists of backups were cut: the true numbers are larger. */
  cut: boolean;
}

/** `undefined` until every target's list is there, also when one failed. */
export function useVaultTotals(): VaultTotals | undefined {
  const gateway = useGateway();
  return useQueries({
    queries: TARGETS.map((target) => vaultContentQuery(gateway, target)),
    combine: (results) => {
      const contents = results.flatMap(({ data }) => data === undefined ? [] : [data]);
      if (contents.length < TARGETS.length) return undefined;
      const stored = contents.flatMap(({ backups }) => backups).filter((backup) => !isSample(backup));
      return {
        count: stored.length,
        bytes: stored.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
        cut: contents.some(({ cut }) => cut),
      };
    },
  });
}
