import { useDelayed } from "../../lib/use_delayed.ts";

const SHOWN_AFTER_MS = 400;

/** A placeholder for loading content; shown only after 400 ms. */
export function Skeleton({ lines, label }: { lines: number; label: string }) {
  const slow = useDelayed(SHOWN_AFTER_MS);
  if (!slow) return <div aria-busy="true" style={{ minHeight: `${lines * 2.75}rem` }} />;
  return (
    <div role="status" aria-busy="true" className="space-y-3 p-4">
      <span className="sr-only">{label}</span>
      {Array.from(
        { length: lines },
        (_, line) => <div key={line} aria-hidden className="h-8 animate-pulse rounded bg-sunken" />,
      )}
    </div>
  );
}
