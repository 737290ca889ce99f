/** What the signed-in user may do here; the server decides again on each request. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

const permissionsSchema = z.object({ view: z.boolean(), manage: z.boolean(), empresa: z.boolean() });
export type Permissions = z.infer<typeof permissionsSchema>;

export function permissionsQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.permissions,
    queryFn: ({ signal }) => gateway.read("ops_db_backup_permissions", {}, permissionsSchema, signal),
  });
}

export function usePermissions() {
  return useQuery(permissionsQuery(useGateway()));
}
