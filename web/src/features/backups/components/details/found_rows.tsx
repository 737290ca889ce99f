import { MOST_ROWS, PAGE_ROWS, type SealedAnswer, type SealedOrder } from "@backup/look/order.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { Notice } from "../../../../components/ui/notice.tsx";
import { formatCount, formatCounted } from "../../../../lib/format.ts";

interface FoundRowsProps {
  answer: SealedAnswer;
  order: SealedOrder;
  /** Another look: a page, or the same with personal data. */
  onAsk(order: SealedOrder): void;
  onErase(): void;
}

/** What a look found. It is in this tab alone, until it is erased or the page is left. */
export function FoundRows({ answer, order, onAsk, onErase }: FoundRowsProps) {
  const { found, hits, cut, trusted } = answer;
  const isCovered = found.some(({ covered }) => covered.length > 0);
  return (
    <div className="space-y-3">
      <p role="status">{summaryOf(answer, order)}</p>
      {!trusted && (
        <Notice tone="warn">
          Nenhuma chave desta instalação assinou este backup: qualquer um pode ter escrito estes registros.
        </Notice>
      )}
      {(cut || (hits ?? 0) > MOST_ROWS) && (
        <Notice tone="info">
          A resposta tem um limite de tamanho: parte dos registros ou de textos longos ficou de fora. Procure
          numa tabela, ou algo mais preciso.
        </Notice>
      )}
      {found.map((table) => <Rows key={`${table.schema}.${table.table}`} found={table} />)}
      <div className="flex flex-wrap gap-2">
        {isCovered && (
          <Button size="small" onClick={() => onAsk({ ...order, show: true })}>Mostrar dados pessoais</Button>
        )}
        {hits === null && order.page > 1 && (
          <Button
            size="small"
            onClick={() => onAsk({ ...order, page: order.page - 1 })}
          >
            Página anterior
          </Button>
        )}
        {hits === null && hasNext(answer, order) && (
          <Button
            size="small"
            onClick={() => onAsk({ ...order, page: order.page + 1 })}
          >
            Próxima página
          </Button>
        )}
        <Button size="small" variant="danger" onClick={onErase}>Apagar agora</Button>
      </div>
      <p className="text-muted">
        Esta resposta existe só nesta aba. Mostrar dados pessoais ou mudar de página é outra consulta, de
        cerca de um minuto, e outro registro na auditoria.
      </p>
    </div>
  );
}

function summaryOf({ found, hits }: SealedAnswer, order: SealedOrder): string {
  if (hits === 0) return "Nenhum registro encontrado.";
  const shown = found.reduce((sum, { rows }) => sum + rows.length, 0);
  if (hits !== null) {
    const all = formatCounted(hits, "registro encontrado", "registros encontrados");
    return hits > shown ? `${all}; os primeiros ${formatCount(shown)} estão aqui.` : `${all}.`;
  }
  return `Página ${formatCount(order.page)}: ${formatCounted(shown, "registro", "registros")}.`;
}

function hasNext({ found }: SealedAnswer, { page }: SealedOrder): boolean {
  const [table] = found;
  if (table === undefined) return false;
  return table.table_rows === null ? table.rows.length === PAGE_ROWS : page * PAGE_ROWS < table.table_rows;
}

function Rows({ found }: { found: SealedAnswer["found"][number] }) {
  const { schema, table, columns, covered, rows } = found;
  const hidden = new Set(covered);
  return (
    // a region that scrolls sideways must be reachable with the keyboard
    <div
      role="region"
      aria-label={`Registros de ${schema}.${table}`}
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-md border border-line"
    >
      <table className="text-xs">
        <caption className="px-2 py-1 text-left font-medium">
          <code>{schema}.{table}</code>
        </caption>
        <thead className="text-left text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="px-2 py-1 font-medium">nº</th>
            {columns.map((name) => <th key={name} scope="col" className="px-2 py-1 font-medium">{name}</th>)}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map(({ number, values }) => (
            <tr key={number}>
              <th scope="row" className="px-2 py-1 text-left align-top font-normal tabular-nums text-muted">
                {formatCount(number + 1)}
              </th>
              {columns.map((name, i) => (
                <td key={name} className="max-w-72 min-w-24 px-2 py-1 align-top wrap-anywhere">
                  {hidden.has(name) ? <Covered /> : values[i] ?? <span className="text-muted">vazio</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Covered() {
  return (
    <span className="text-muted">
      <span aria-hidden>•••</span>
      <span className="sr-only">coberto</span>
    </span>
  );
}
