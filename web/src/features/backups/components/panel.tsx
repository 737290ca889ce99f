import { type ReactElement, type ReactNode, useId } from "react";

interface PanelProps {
  title: string;
  /** The page of the guide about it. */
  help: ReactElement;
  /** Filters and buttons beside the title. */
  tools?: ReactNode;
  children: ReactNode;
}

/** A titled part of the page. */
export function Panel({ title, help, tools, children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="overflow-hidden rounded-lg border border-line bg-surface">
      <header className="flex min-h-13 flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-2">
        <div className="flex items-center gap-1">
          <h2 id={id} className="text-sm font-semibold">{title}</h2>
          {help}
        </div>
        {tools}
      </header>
      {children}
    </section>
  );
}

/** The text of an empty panel. */
export function EmptyPanel({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="px-4 py-8 text-center">
      <p className="font-medium">{title}</p>
      {children !== undefined && <p className="mx-auto mt-1 max-w-prose text-muted">{children}</p>}
    </div>
  );
}
