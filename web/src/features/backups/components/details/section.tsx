import { type ReactNode, useId } from "react";

/** A titled part of the details. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="space-y-2 border-t border-line pt-4">
      <h3 id={id} className="font-semibold">{title}</h3>
      {children}
    </section>
  );
}

/** A term and its value. */
export function Fact(
  { term, wide = false, children }: { term: string; wide?: boolean; children: ReactNode },
) {
  return (
    <div className={wide ? "min-w-0 sm:col-span-2" : "min-w-0"}>
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  );
}
