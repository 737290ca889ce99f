/** The manifest of a backup, as stored in the vault. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { legacyManifestSchema, manifestV2Schema } from "@backup/vault/manifest.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

/** `null` for rows written before the column existed. */
const storedSchema = z.union([manifestV2Schema, legacyManifestSchema]).nullable();

export function manifestQuery(gateway: Gateway, key: string) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.manifest(key),
    queryFn: ({ signal }) => gateway.read("ops_db_backup_manifest", { p_r2_key: key }, storedSchema, signal),
    staleTime: Infinity,
  });
}

export function useManifest(key: string) {
  return useQuery(manifestQuery(useGateway(), key));
}
