import { TrendingDown } from "lucide-react";
import { formatBytes, formatDayShort } from "../../../../lib/format.ts";
import { useVaultTotals } from "../../data/vault_totals.ts";
import { type SizedDay, type SizeDrop, type SizeSeries, sizeSeries } from "../../model/size_chart.ts";

/** Size of the SVG's viewBox; the drawing is stretched to its container. */
const WIDTH = 100;
const HEIGHT = 40;

/** The stored size of each day's newest backup over time; a sudden drop is also described in text. */
export default function SizeChart({ days }: { days: readonly SizedDay[] }) {
  const series = sizeSeries(days);
  const { points, drops } = series;
  const [first, last] = [points[0], points.at(-1)];
  return (
    <figure className="space-y-2">
      <div className="flex min-h-5 flex-wrap items-baseline justify-between gap-x-3">
        <h3 className="font-semibold">Tamanho de cada backup</h3>
        <Total />
      </div>
      {first === undefined || last === undefined || first === last
        ? <p className="text-muted">Ainda não há dois dias com backup para comparar.</p>
        : (
          <>
            <Drawing {...series} />
            <figcaption className="flex justify-between gap-2 text-xs text-muted tabular-nums">
              <span>{formatDayShort(first.day)}: {formatBytes(first.bytes)}</span>
              <span>{formatDayShort(last.day)}: {formatBytes(last.bytes)}</span>
            </figcaption>
          </>
        )}
      {drops.map((drop) => <DropLine key={drop.at.day} drop={drop} />)}
    </figure>
  );
}

/** What all backups of the vault take together. */
function Total() {
  const vault = useVaultTotals();
  if (vault === undefined || vault.count === 0) return null;
  return (
    <span className="text-xs text-muted tabular-nums">
      {vault.cut && "mais de "}
      {formatBytes(vault.bytes)} ao todo
    </span>
  );
}

/** The axis begins at zero, so that a height is a size. Drops are marked on the line and named by their day. */
function Drawing({ points, drops, largest }: SizeSeries) {
  const line = points.map(({ x, y }) => `${x * WIDTH},${(1 - y) * HEIGHT}`).join(" L");
  const [first, last] = [points[0], points.at(-1)];
  return (
    <div className="flex gap-2">
      <div
        aria-hidden
        className="flex flex-col justify-between text-right text-xs leading-none text-muted tabular-nums"
      >
        <span>{formatBytes(largest)}</span>
        <span>{formatBytes(largest / 2)}</span>
        <span>0</span>
      </div>
      <div className="relative h-20 min-w-0 flex-1">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden
          className="h-full w-full overflow-visible"
        >
          <path
            d={`M${(first?.x ?? 0) * WIDTH},${HEIGHT} L${line} L${(last?.x ?? 1) * WIDTH},${HEIGHT} Z`}
            className="fill-accent/10"
          />
          {[0, HEIGHT / 2].map((y) => (
            <path key={y} d={`M0,${y} H${WIDTH}`} vectorEffect="non-scaling-stroke" className="stroke-line" />
          ))}
          <path d={`M0,${HEIGHT} H${WIDTH}`} vectorEffect="non-scaling-stroke" className="stroke-edge" />
          <path
            d={`M${line}`}
            vectorEffect="non-scaling-stroke"
            className="fill-none stroke-accent"
            strokeWidth={1.5}
          />
        </svg>
        {drops.map(({ at }) => (
          <span
            key={at.day}
            className="absolute size-2.5 -translate-1/2 rounded-full border-2 border-surface bg-warn"
            style={{ left: `${at.x * 100}%`, top: `${(1 - at.y) * 100}%` }}
          />
        ))}
      </div>
    </div>
  );
}

function DropLine({ drop: { at, fromBytes, percent } }: { drop: SizeDrop }) {
  return (
    <p className="flex items-start gap-1.5 text-warn">
      <TrendingDown aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>
        Queda brusca em {formatDayShort(at.day)}: de {formatBytes(fromBytes)} para {formatBytes(at.bytes)}
        {" "}
        (−{percent}%). Confira se os dados foram apagados de propósito.
      </span>
    </p>
  );
}
