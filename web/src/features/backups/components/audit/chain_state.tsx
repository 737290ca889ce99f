import { CircleCheck } from "lucide-react";
import { Notice } from "../../../../components/ui/notice.tsx";
import { formatCounted } from "../../../../lib/format.ts";
import { useAuditChain } from "../../data/audit.ts";
import { Loaded } from "../loaded.tsx";

/** Whether every record still follows the one before it. */
export function ChainState() {
  return (
    <Loaded
      query={useAuditChain()}
      lines={1}
      loading="Conferindo os registros"
      failed="Não foi possível conferir os registros."
    >
      {({ records, broken_at }) =>
        broken_at === null
          ? (
            <div className="flex items-start gap-2">
              <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
              <div className="flex flex-wrap gap-x-2">
                <p className="font-medium">
                  {`Conferido agora: ${formatCounted(records, "registro", "registros")}, nenhum alterado.`}
                </p>
                <p className="text-muted">
                  Se os últimos fossem apagados, só as cópias do cofre mostrariam: o vigia as compara.
                </p>
              </div>
            </div>
          )
          : (
            <Notice
              tone="bad"
              urgent
              title={`Os registros foram alterados: o primeiro é o de número ${broken_at.seq}.`}
            >
              Avise quem administra o sistema, e não apague nada: as cópias do cofre mostram o que estava
              escrito.
              <code className="mt-1 block text-xs wrap-anywhere">{broken_at.chain_id}: {broken_at.why}</code>
            </Notice>
          )}
    </Loaded>
  );
}
