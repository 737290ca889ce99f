import { usePrefetchQuery } from "@tanstack/react-query";
import { lazy } from "react";
import { type Access, accessOf } from "../model/access.ts";
import { historyQuery } from "../data/list_history.ts";
import { permissionsQuery, usePermissions } from "../data/permissions.ts";
import { useGateway } from "../data/gateway.tsx";
import { toScreenError } from "../data/screen_error.ts";
import { useHistoryPlace } from "./use_history_place.ts";
import { Later } from "./later.tsx";
import { Loaded } from "./loaded.tsx";
import { NoAnswer } from "./no_answer.tsx";
import { Workspace } from "./workspace.tsx";

const AccessPanel = lazy(() => import("./access_panel.tsx"));

/**
 * Desenvolvedor → Backups. The history is requested in parallel with the user's permissions: the server refuses it
 * to users without the right, and nothing is shown before the permissions are known.
 */
export function BackupsPage() {
  const gateway = useGateway();
  usePrefetchQuery(permissionsQuery(gateway));
  usePrefetchQuery(historyQuery(gateway, useHistoryPlace().place));
  const query = usePermissions();
  return (
    <div className="space-y-4">
      <title>Backups · Revo ERP</title>
      {!query.data?.view && <h1 className="text-xl font-semibold">Backups</h1>}
      {query.data === undefined && query.isError && toScreenError(query.error).failed
        ? (
          <NoAnswer
            title="A produção não responde."
            error={query.error}
            onRetry={() => void query.refetch()}
            retrying={query.isFetching}
          />
        )
        : (
          <Loaded
            query={query}
            lines={4}
            loading="Verificando suas permissões"
            failed="Não foi possível verificar suas permissões."
          >
            {(permissions) => <Allowed access={accessOf(permissions)} />}
          </Loaded>
        )}
    </div>
  );
}

function Allowed({ access }: { access: Access }) {
  if (access.state === "open") return <Workspace disabledReason={access.disabledReason} />;
  return (
    <Later>
      <AccessPanel empresa={access.empresa} />
    </Later>
  );
}
