import {
  CalendarX,
  Check,
  Clock,
  Ellipsis,
  LoaderCircle,
  type LucideIcon,
  Minus,
  ShieldCheck,
  ShieldX,
  X,
} from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { classNames } from "../../../../lib/class_names.ts";
import { dayOf } from "../../../../lib/day.ts";
import { formatDay } from "../../../../lib/format.ts";
import type { BackupDay } from "../../model/backup_day.ts";
import { useOldestBackup } from "../../data/list_backups.ts";
import { DAY_STATE_NAMES, type DayState, dayState, describeDay } from "../../model/day_strip.ts";

const CELL_STYLES: Record<DayState, { icon: LucideIcon; colours: string }> = {
  running: { icon: LoaderCircle, colours: "border-info bg-info-soft text-info" },
  proven: { icon: ShieldCheck, colours: "border-transparent bg-ok text-surface" },
  made: { icon: Check, colours: "border-ok/50 bg-ok-soft text-ok" },
  rejected: { icon: ShieldX, colours: "border-bad bg-bad-soft text-bad" },
  failed: { icon: X, colours: "border-transparent bg-bad text-on-bad" },
  overdue: { icon: CalendarX, colours: "border-warn border-dashed bg-warn-soft text-warn" },
  waiting: { icon: Clock, colours: "border-edge border-dashed text-muted" },
  before: { icon: Minus, colours: "border-transparent bg-sunken text-muted" },
  unknown: { icon: Ellipsis, colours: "border-edge text-muted" },
};
const ORDER = Object.keys(CELL_STYLES) as DayState[];

const STEPS: Record<string, (index: number, count: number) => number> = {
  ArrowLeft: (index) => Math.max(0, index - 1),
  ArrowRight: (index, count) => Math.min(count - 1, index + 1),
  Home: () => 0,
  End: (_, count) => count - 1,
};

interface DayStripProps {
  /** Oldest first; the last is today. */
  days: readonly BackupDay[];
  /** Whether the daily backup is overdue. */
  isOverdue: boolean;
  onPick(day: string): void;
}

/**
 * One cell per day. A roving tab stop: one cell is in the tab order, the arrow keys move between cells. The
 * description of the hovered or focused day is shown below.
 */
export function DayStrip({ days, isOverdue, onPick }: DayStripProps) {
  const oldest = useOldestBackup("prod");
  const cells = useRef<(HTMLButtonElement | null)[]>([]);
  const [current, setCurrent] = useState(days.length - 1);
  const context = {
    today: days.at(-1)?.day ?? "",
    overdue: isOverdue,
    firstDay: oldest.data && dayOf(new Date(oldest.data.created_at)),
  };
  const states = days.map((day) => dayState(day, context));
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    cells.current[step(current, days.length)]?.focus();
  };
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h3 className="font-semibold">Últimos {days.length} dias</h3>
        <Legend states={ORDER.filter((state) => states.includes(state))} />
      </div>
      <div
        role="group"
        aria-label="Backups por dia; use as setas para andar pelos dias"
        onKeyDown={walk}
        className="grid grid-cols-10 gap-1 sm:grid-cols-15 lg:grid-cols-30"
      >
        {days.map((day, index) => (
          <DayCell
            key={day.day}
            cell={(element) => void (cells.current[index] = element)}
            day={day}
            state={states[index] ?? "unknown"}
            isCurrent={index === current}
            onPoint={() => setCurrent(index)}
            onPick={() => onPick(day.day)}
          />
        ))}
      </div>
      <DayDescription day={days[current]} state={states[current]} />
    </div>
  );
}

interface DayCellProps {
  cell(element: HTMLButtonElement | null): void;
  day: BackupDay;
  state: DayState;
  isCurrent: boolean;
  onPoint(): void;
  onPick(): void;
}

function DayCell({ cell, day, state, isCurrent, onPoint, onPick }: DayCellProps) {
  const { icon: Icon, colours } = CELL_STYLES[state];
  return (
    <button
      ref={cell}
      type="button"
      tabIndex={isCurrent ? 0 : -1}
      aria-label={`${formatDay(day.day)}: ${DAY_STATE_NAMES[state]}. ${describeDay(day, state).join(" ")}`}
      data-state={state}
      onFocus={onPoint}
      onMouseEnter={onPoint}
      onClick={onPick}
      className={classNames(
        "flex h-8 min-w-6 items-center justify-center rounded border",
        colours,
        isCurrent && "ring-2 ring-accent ring-offset-1 ring-offset-surface",
      )}
    >
      <Icon aria-hidden className="size-3.5" />
    </button>
  );
}

/** The same text as the accessible name of each cell. */
function DayDescription({ day, state }: { day: BackupDay | undefined; state: DayState | undefined }) {
  if (day === undefined || state === undefined) return null;
  return (
    <p aria-hidden className="min-h-10 text-muted sm:min-h-5">
      <strong className="font-semibold text-ink">{formatDay(day.day)}</strong>: {DAY_STATE_NAMES[state]}.{" "}
      {describeDay(day, state).join(" ")}
    </p>
  );
}

function Legend({ states }: { states: readonly DayState[] }) {
  return (
    <ul aria-label="Legenda" className="flex flex-wrap gap-x-3 gap-y-1 text-xs text-muted">
      {states.map((state) => {
        const { icon: Icon, colours } = CELL_STYLES[state];
        return (
          <li key={state} className="flex items-center gap-1">
            <span
              className={classNames("inline-flex size-4 items-center justify-center rounded border", colours)}
            >
              <Icon aria-hidden className="size-3" />
            </span>
            {DAY_STATE_NAMES[state]}
          </li>
        );
      })}
    </ul>
  );
}
