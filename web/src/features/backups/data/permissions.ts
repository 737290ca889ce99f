/** The signed-in user's permissions, to enable actions; the server checks them again on each request. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { permissionsSchema } from "../model/access.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

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
