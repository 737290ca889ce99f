import { useState } from "react";
import { Link } from "react-router-dom";
import { Button } from "../../../../components/ui/button.tsx";
import { Select } from "../../../../components/ui/field.tsx";
import { formatCounted } from "../../../../lib/format.ts";
import { useNow } from "../../../../lib/use_now.ts";
import { useAudit } from "../../data/audit.ts";
import { AUDIT_EVENTS } from "../../text/audit_text.ts";
import { ErrorPanel } from "../error_panel.tsx";
import { HelpIcon, HelpLink } from "../help_link.tsx";
import { Loaded } from "../loaded.tsx";
import { EmptyPanel, Panel } from "../panel.tsx";
import { AuditList } from "./audit_list.tsx";
import { ChainState } from "./chain_state.tsx";
import { ExportAudit } from "./export_audit.tsx";

const RENEW_MS = 60_000;

/** Desenvolvedor → Backups → Quem fez o quê: requests, refusals, runs, holds and deletions. Needs `ops:view`. */
export default function AuditPage() {
  const [event, setEvent] = useState<string | null>(null);
  const now = useNow(RENEW_MS);
  const query = useAudit(event);
  return (
    <div className="space-y-4">
      <title>Quem fez o quê · Backups · Revo ERP</title>
      <header>
        <Link to=".." relative="path" className="text-accent underline underline-offset-2">Backups</Link>
        <h1 className="text-xl font-semibold">Quem fez o quê</h1>
        <p className="mt-1 max-w-prose text-muted">
          Cada pedido, recusa, execução, retenção, download e exclusão fica registrado. Cada registro leva a
          impressão digital do anterior, e o cofre guarda cópias: uma alteração aparece.{" "}
          <HelpLink page="auditor.md">Perguntas do auditor</HelpLink>
        </p>
      </header>
      <ChainState />
      <Panel
        title="Registros"
        help={<HelpIcon page="auditor.md">Perguntas do auditor</HelpIcon>}
        tools={
          <span className="flex min-w-0 items-center gap-2">
            <Select
              aria-label="O quê"
              value={event ?? ""}
              onChange={({ target }) => setEvent(target.value || null)}
            >
              <option value="">Tudo</option>
              {AUDIT_EVENTS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
            </Select>
            <ExportAudit event={event} />
          </span>
        }
      >
        <Loaded
          query={query}
          lines={6}
          loading="Carregando os registros"
          failed="Não foi possível carregar os registros."
        >
          {({ pages }) => {
            const entries = pages.flat();
            if (entries.length === 0) return <EmptyPanel title="Nenhum registro destes ainda." />;
            return (
              <>
                <AuditList entries={entries} now={now} />
                {query.isFetchNextPageError && (
                  <ErrorPanel title="Os mais antigos não vieram." error={query.error} />
                )}
                <p className="flex flex-wrap items-center justify-center gap-3 border-t border-line p-2 text-muted">
                  {formatCounted(entries.length, "registro mostrado", "registros mostrados")}
                  {query.hasNextPage && (
                    <Button
                      variant="quiet"
                      size="small"
                      pending={query.isFetchingNextPage}
                      onClick={() => void query.fetchNextPage()}
                    >
                      Mostrar mais antigos
                    </Button>
                  )}
                </p>
              </>
            );
          }}
        </Loaded>
      </Panel>
    </div>
  );
}
