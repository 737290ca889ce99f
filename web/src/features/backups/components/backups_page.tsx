import { Loaded } from "./loaded.tsx";
import { usePermissions } from "../api/permissions.ts";
import { accessOf } from "../access.ts";
import { AccessPanel } from "./access_panel.tsx";
import { Workspace } from "./workspace.tsx";

/** Desenvolvedor → Backups. Nothing is read before it is known what the user may see. */
export function BackupsPage() {
  const query = usePermissions();
  return (
    <div className="space-y-4">
      <title>Backups · Revo ERP</title>
      <Loaded
        query={query}
        lines={4}
        loading="Verificando suas permissões"
        failed="Não foi possível verificar suas permissões."
      >
        {(permissions) => {
          const access = accessOf(permissions);
          if (access.state === "open") return <Workspace hindrance={access.hindrance} />;
          return (
            <>
              <h1 className="text-xl font-semibold">Backups</h1>
              <AccessPanel empresa={access.empresa} />
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
