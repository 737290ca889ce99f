import { lazy } from "react";
import { useMediaQuery } from "../../../../lib/use_media_query.ts";
import { useNow } from "../../../../lib/use_now.ts";
import { useHistory } from "../../data/list_history.ts";
import { BEGINNING, type HistoryPlace, isFiltered } from "../../model/history_place.ts";
import { emptyText } from "../../text/history_text.ts";
import { Button } from "../../../../components/ui/button.tsx";
import type { RowContext } from "../backup_parts.tsx";
import { Later } from "../later.tsx";
import { Loaded } from "../loaded.tsx";
import { EmptyPanel, Panel } from "../panel.tsx";
import type { HistoryNavigation } from "../use_history_place.ts";
import { HistoryCards } from "./history_cards.tsx";
import { ClearFilters, HistoryFilters } from "./history_filters.tsx";
import { HistoryTable } from "./history_table.tsx";
import { Pages } from "./pages.tsx";
import { Help } from "../help.tsx";

const DetailsSheet = lazy(() => import("../details/details_sheet.tsx"));

const RENEW_MS = 30_000;
const TABLE_FITS = "(min-width: 48rem)";

/** The backups of the vault and the failed attempts, one page at a time, selected by the URL. */
export function History(
  { navigation, ...context }: { navigation: HistoryNavigation } & Omit<RowContext, "now">,
) {
  const now = useNow(RENEW_MS);
  const { place, go, goBack } = navigation;
  const query = useHistory(place);
  const wide = useMediaQuery(TABLE_FITS);
  const Rows = wide ? HistoryTable : HistoryCards;
  const openDetails = (key: string) => go({ details: key }, { replace: true });
  return (
    <Panel
      title="Histórico"
      tools={<ClearFilters place={place} onGo={go} />}
      help={<Help icon page="primeiros-passos.md#o-que-eu-posso-fazer">O que fazer com um backup</Help>}
    >
      <HistoryFilters place={place} onGo={go} />
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
            {page.items.length === 0
              ? <Empty place={place} onShowAll={() => go({ ...BEGINNING, kind: place.kind })} />
              : <Rows items={page.items} now={now} onDetails={openDetails} {...context} />}
            {page.attemptsCut && (
              <p className="px-4 py-2 text-muted">
                Há muitas execuções neste período: nem todas as tentativas que falharam aparecem aqui. Filtre
                por estado para ver todas.
              </p>
            )}
            <Pages place={place} page={page} onGo={go} onBack={goBack} />
          </div>
        )}
      </Loaded>
      <Later>
        {place.details !== null && (
          <DetailsSheet
            backupKey={place.details}
            now={now}
            onClose={() => go({ details: null }, { replace: true })}
            {...context}
          />
        )}
      </Later>
    </Panel>
  );
}

function Empty({ place, onShowAll }: { place: HistoryPlace; onShowAll(): void }) {
  const { title, text } = emptyText(place);
  return (
    <div>
      <EmptyPanel title={title}>
        {text} {!isFiltered(place) && <Help page="primeiros-passos.md">Primeiros passos, no guia</Help>}
      </EmptyPanel>
      {isFiltered(place) && (
        <p className="pb-6 text-center">
          <Button size="small" onClick={onShowAll}>Limpar filtros</Button>
        </p>
      )}
    </div>
  );
}
