/** Links to a backup in the vault, where the installation gives them. */

import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { downloadAnswerSchema, featuresAnswerSchema } from "@backup/api.ts";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { queryDefaults } from "./query_defaults.ts";

function featuresQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.features,
    queryFn: () => gateway.ask({ action: "features" }, featuresAnswerSchema),
    staleTime: Infinity,
  });
}

/** The optional parts of the installation. */
export function useFeatures(enabled = true) {
  return useQuery({ ...featuresQuery(useGateway()), enabled });
}

/** Asks for the links of a backup. They are secret: no cache keeps them. */
export function useDownloadLinks() {
  const gateway = useGateway();
  return useMutation({
    networkMode: "always",
    gcTime: 0,
    mutationFn: ({ key, reason }: { key: string; reason: string }) =>
      gateway.ask({ action: "download", r2_key: key, reason }, downloadAnswerSchema),
  });
}
