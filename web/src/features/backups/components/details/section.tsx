import { type ReactNode, useId } from "react";
import type { GlossaryWord } from "../../text/glossary.ts";
import Term from "../term.tsx";

interface SectionProps {
  title: string;
  /** The word that the title is, with its explanation. */
  word?: GlossaryWord;
  children: ReactNode;
}

/** A titled part of the details. */
export function Section({ title, word, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="space-y-2 border-t border-line pt-4">
      <h3 className="font-semibold">
        {word === undefined ? <span id={id}>{title}</span> : (
          <Term word={word}>
            <span id={id} className="font-semibold">{title}</span>
          </Term>
        )}
      </h3>
      {children}
    </section>
  );
}

/** A term and its value. */
export function Fact(
  { term, wide = false, children }: { term: ReactNode; wide?: boolean; children: ReactNode },
) {
  return (
    <div className={wide ? "min-w-0 sm:col-span-2" : "min-w-0"}>
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="wrap-anywhere">{children}</dd>
    </div>
  );
}
