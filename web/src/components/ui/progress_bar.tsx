/** A progress bar for an integer percentage; `null` (indeterminate) when the total is not known. `text` is read aloud. */
export function ProgressBar(
  { percent, label, text }: { percent: number | null; label: string; text?: string },
) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      aria-valuetext={text}
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
