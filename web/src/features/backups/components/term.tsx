import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { classNames } from "../../../lib/class_names.ts";
import { GLOSSARY, type GlossaryWord } from "../text/glossary.ts";

/** Pixels of the explanation's width, `w-64`. */
const WIDTH = 256;

/** A word with its explanation: under the pointer, with the keyboard's focus, and by a tap. Escape closes it. */
export default function Term({ word, children }: { word: GlossaryWord; children: ReactNode }) {
  const id = useId();
  const [side, setSide] = useState<"left" | "right" | null>(null);
  const open = (element: Element) =>
    setSide(element.getBoundingClientRect().left + WIDTH > globalThis.innerWidth ? "right" : "left");
  const close = () => setSide(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  };
  return (
    <span
      className="relative inline-block font-normal"
      onMouseEnter={({ currentTarget }) => open(currentTarget)}
      onMouseLeave={close}
    >
      <button
        type="button"
        aria-describedby={id}
        data-explained={side === null ? undefined : true}
        onFocus={({ currentTarget }) => open(currentTarget)}
        onClick={({ currentTarget }) => open(currentTarget)}
        onBlur={close}
        onKeyDown={onKeyDown}
        className="rounded font-[inherit] underline decoration-dotted underline-offset-4"
      >
        {children}
      </button>
      <span
        id={id}
        role="tooltip"
        hidden={side === null}
        className={classNames(
          "absolute top-full z-30 w-64 rounded-md border border-line bg-surface p-3 text-left text-sm text-ink shadow-lg",
          side === "right" ? "right-0" : "left-0",
        )}
      >
        {GLOSSARY[word]}
      </span>
    </span>
  );
}
