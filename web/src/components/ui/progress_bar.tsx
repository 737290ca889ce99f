/** A progress bar for an integer percentage; `null` (indeterminate) when the total is not known. */
export function ProgressBar({ percent, label }: { percent: number | null; label: string }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      className="h-1.5 overflow-hidden rounded-full bg-line"
    >
      <div
        className={percent === null
          ? "h-full animate-pulse bg-accent/40"
          : "h-full bg-accent transition-[width]"}
        style={percent === null ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}
