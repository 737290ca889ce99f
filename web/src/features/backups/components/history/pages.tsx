import { Button } from "../../../../components/ui/button.tsx";
import { formatCount } from "../../../../lib/format.ts";
import type { HistoryPage } from "../../data/list_history.ts";
import type { HistoryPlace } from "../../model/history_place.ts";
import type { HistoryNavigation } from "../use_history_place.ts";

interface PagesProps {
  place: HistoryPlace;
  page: HistoryPage;
  onGo: HistoryNavigation["go"];
  onBack(): void;
}

/** Pagination. When ordered by time a page starts after the last row of the page before (keyset), so no row is skipped. */
export function Pages({ place, page, onGo, onBack }: PagesProps) {
  if (place.page === 0 && !page.hasMore) return null;
  const byTime = place.sort === "newest" || place.sort === "oldest";
  const [before, after] = place.sort === "oldest"
    ? ["Mais antigos", "Mais novos"]
    : ["Mais novos", "Mais antigos"];
  return (
    <nav
      aria-label="Páginas do histórico"
      className="flex items-center justify-between gap-3 border-t border-line px-4 py-2"
    >
      <Button size="small" disabled={place.page === 0} onClick={onBack}>
        {byTime ? before : "Anteriores"}
      </Button>
      <span className="text-muted">Página {formatCount(place.page + 1)}</span>
      <Button
        size="small"
        disabled={!page.hasMore}
        onClick={() => onGo({ page: place.page + 1, after: byTime ? page.last : null })}
      >
        {byTime ? after : "Próximos"}
      </Button>
    </nav>
  );
}
