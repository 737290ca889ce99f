import {
  type Target,
  TARGETS,
  targetSchema,
} from "../../../../../supabase/functions/_shared/backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { Select } from "../../../components/ui/field.tsx";
import { useMediaQuery } from "../../../lib/use_media_query.ts";
import { useNow } from "../../../lib/use_now.ts";
import { type BackupsPage, useBackupsPage } from "../api/list_backups.ts";
import type { HistoryPlace } from "../history_place.ts";
import { targetName } from "../words.ts";
import { BackupCards } from "./backup_cards.tsx";
import type { RowSurroundings } from "./backup_parts.tsx";
import { BackupTable } from "./backup_table.tsx";
import { Loaded } from "./loaded.tsx";
import { Nothing, Panel } from "./panel.tsx";

const RENEW_MS = 30_000;
const TABLE_FITS = "(min-width: 70rem)";

interface HistoryProps extends Omit<RowSurroundings, "now"> {
  place: HistoryPlace;
  onGo(place: HistoryPlace): void;
}

/** What have we got? The backups in the vault, a page at a time. */
export function History({ place, onGo, ...around }: HistoryProps) {
  const now = useNow(RENEW_MS);
  const query = useBackupsPage(place.target, place.page);
  const wide = useMediaQuery(TABLE_FITS);
  const Rows = wide ? BackupTable : BackupCards;
  return (
    <Panel
      title="Histórico"
      tools={<TargetFilter target={place.target} onChange={(target) => onGo({ target, page: 0 })} />}
    >
      <Loaded
        query={query}
        lines={6}
        loading="Carregando o histórico"
        failed="Não foi possível carregar o histórico."
      >
        {(page) => (
          <div
            aria-busy={query.isPlaceholderData}
            className={query.isPlaceholderData ? "opacity-60" : undefined}
          >
            {page.rows.length === 0
              ? <Empty place={place} />
              : <Rows rows={page.rows} now={now} {...around} />}
            <Pages place={place} page={page} onGo={onGo} />
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function TargetFilter(
  { target, onChange }: { target: Target | null; onChange(target: Target | null): void },
) {
  return (
    <label className="flex items-center gap-2">
      <span className="text-muted">Alvo</span>
      <Select
        value={target ?? ""}
        onChange={({ target: { value } }) => onChange(targetSchema.safeParse(value).data ?? null)}
      >
        <option value="">Todos</option>
        {TARGETS.map((name) => <option key={name} value={name}>{targetName(name)}</option>)}
      </Select>
    </label>
  );
}

function Empty({ place }: { place: HistoryPlace }) {
  if (place.page > 0) return <Nothing title="Não há backups mais antigos." />;
  if (place.target !== null) return <Nothing title={`Nenhum backup de ${targetName(place.target)} ainda.`} />;
  return (
    <Nothing title="Nenhum backup ainda.">
      O primeiro aparece aqui assim que estiver gravado e conferido no cofre: use “Backup agora” ou espere o
      agendamento diário. Uma tentativa que falhou não conta como backup; ela fica em “Execuções”, com a
      causa.
    </Nothing>
  );
}

function Pages(
  { place, page, onGo }: { place: HistoryPlace; page: BackupsPage; onGo(place: HistoryPlace): void },
) {
  if (place.page === 0 && !page.hasOlder) return null;
  return (
    <nav aria-label="Páginas do histórico" className="flex items-center justify-between gap-3 px-4 py-2">
      <Button
        size="small"
        disabled={place.page === 0}
        onClick={() => onGo({ ...place, page: place.page - 1 })}
      >
        Mais novos
      </Button>
      <span className="text-muted">Página {place.page + 1}</span>
      <Button size="small" disabled={!page.hasOlder} onClick={() => onGo({ ...place, page: place.page + 1 })}>
        Mais antigos
      </Button>
    </nav>
  );
}
