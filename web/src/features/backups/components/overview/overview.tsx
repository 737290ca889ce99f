import { lazy } from "react";
import { Panel } from "../panel.tsx";
import { readersTimeZone } from "../../../../lib/format.ts";
import { useNow } from "../../../../lib/use_now.ts";
import { useDays } from "../../data/list_days.ts";
import { useOverview } from "../../data/overview.ts";
import { withRejected } from "../../model/backup_day.ts";
import { assessSafety, databaseNow } from "../../model/overview.ts";
import { Help } from "../help.tsx";
import { Later } from "../later.tsx";
import { Loaded } from "../loaded.tsx";
import { DayStrip } from "./day_strip.tsx";
import { SafetyStatement } from "./safety_statement.tsx";

const HealthCorner = lazy(() => import("./health_corner.tsx"));
const ComingUp = lazy(() => import("./coming_up.tsx"));
const SizeChart = lazy(() => import("./size_chart.tsx"));

const WATCHED = "prod";
const RENEW_MS = 30_000;
/** The strip shows the newer half of the chart's days. */
const STRIP_DAYS = 30;
const CHART_DAYS = 60;

interface OverviewProps {
  /** Filters the history by a day. */
  onPickDay(day: string): void;
}

/** The state of production as a sentence, its last days one by one, and its size over time. */
export function Overview({ onPickDay }: OverviewProps) {
  const now = useNow(RENEW_MS);
  const overview = useOverview(WATCHED);
  const days = useDays({ target: WATCHED, count: CHART_DAYS, timeZone: readersTimeZone() });
  const rejectedAt = overview.data?.rejected.map(({ created_at }) => created_at) ?? [];
  const isOverdue = overview.data !== undefined &&
    assessSafety(overview.data, databaseNow(overview.data, overview.dataUpdatedAt, now)).problems
      .some((problem) => problem === "overdue" || problem === "long_overdue");
  return (
    <Panel
      title="Situação da produção"
      help={<Help icon page="primeiros-passos.md#estamos-protegidos">Como ler a situação da produção</Help>}
      tools={
        <Later failed={<p className="text-muted">Vigia: recarregue a página</p>}>
          <HealthCorner now={now} />
        </Later>
      }
    >
      <div className="grid lg:grid-cols-[minmax(0,1fr)_22rem] lg:divide-x lg:divide-line">
        <div className="min-w-0 p-4">
          <Loaded
            query={overview}
            lines={3}
            loading="Procurando o último backup"
            failed="Não foi possível saber quando foi o último backup."
          >
            {(facts) => (
              <SafetyStatement facts={facts} now={databaseNow(facts, overview.dataUpdatedAt, now)} />
            )}
          </Loaded>
          <Later fallback={<div className="mt-3 min-h-10" />}>
            {overview.data !== undefined && (
              <ComingUp
                now={databaseNow(overview.data, overview.dataUpdatedAt, now)}
                scheduled={overview.data.scheduled}
              />
            )}
          </Later>
        </div>
        <div className="min-w-0 border-t border-line p-4 lg:border-t-0">
          <div className="min-h-36">
            {days.data !== undefined && (
              <Later>
                <SizeChart days={days.data} />
              </Later>
            )}
          </div>
        </div>
      </div>
      <div className="border-t border-line p-4">
        <Loaded
          query={days}
          lines={2}
          loading="Carregando os últimos dias"
          failed="Não foi possível carregar os últimos dias."
        >
          {(all) => (
            <DayStrip
              days={withRejected(all.slice(-STRIP_DAYS), rejectedAt)}
              isOverdue={isOverdue}
              onPick={onPickDay}
            />
          )}
        </Loaded>
      </div>
    </Panel>
  );
}
