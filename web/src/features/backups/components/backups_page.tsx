import { type Access, accessOf } from "../access.ts";
import { usePermissions } from "../api/permissions.ts";
import { AccessPanel } from "./access_panel.tsx";
import { Loaded } from "./loaded.tsx";
import { Workspace } from "./workspace.tsx";

/** Desenvolvedor → Backups. Nothing is read before it is known what the user may see. */
export function BackupsPage() {
  const query = usePermissions();
  return (
    <div className="space-y-4">
      <title>Backups · Revo ERP</title>
      {!query.data?.view && <h1 className="text-xl font-semibold">Backups</h1>}
      <Loaded
        query={query}
        lines={4}
        loading="Verificando suas permissões"
        failed="Não foi possível verificar suas permissões."
      >
        {(permissions) => <Allowed access={accessOf(permissions)} />}
      </Loaded>
    </div>
  );
}

function Allowed({ access }: { access: Access }) {
  if (access.state === "open") return <Workspace hindrance={access.hindrance} />;
  return <AccessPanel empresa={access.empresa} />;
}
