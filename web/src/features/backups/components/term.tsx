import { type KeyboardEvent, type ReactNode, useEffect, useId, useReducer, useState } from "react";
import { classNames } from "../../../lib/class_names.ts";
import { GLOSSARY, type GlossaryWord } from "../text/glossary.ts";

/** Pixels of the explanation's width, `w-64`, and of the height that the longest one needs. */
const WIDTH = 256;
const HEIGHT = 150;

interface TermProps {
  word: GlossaryWord;
  /** Precedes the word's meaning: what is so in this case. */
  detail?: string;
  /** Without the line that marks an explained word, for what is marked as such. */
  plain?: boolean;
  children: ReactNode;
}

/** A word with its explanation: under the pointer, with the keyboard's focus, and by a tap. Escape closes it. */
export default function Term({ word, detail, plain = false, children }: TermProps) {
  const id = useId();
  const [anchor, open] = useState<Element | null>(null);
  const place = usePlaceBeside(anchor);
  const close = () => open(null);
  const isOpen = place !== null;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  };
  return (
    <span
      className={plain ? "inline-flex" : "inline-block font-normal"}
      onMouseEnter={({ currentTarget }) => open(currentTarget)}
      onMouseLeave={close}
    >
      <button
        type="button"
        aria-describedby={isOpen ? id : undefined}
        data-explained={isOpen ? true : undefined}
        onFocus={({ currentTarget }) => open(currentTarget)}
        onClick={({ currentTarget }) => open(currentTarget)}
        onBlur={close}
        onKeyDown={onKeyDown}
        className={classNames(
          "rounded font-[inherit]",
          plain ? "flex" : "underline decoration-dotted underline-offset-4",
        )}
      >
        {children}
      </button>
      {isOpen && (
        <span
          id={id}
          role="tooltip"
          style={place}
          className="fixed z-50 w-64 rounded-md border border-line bg-surface p-3 text-left text-sm whitespace-normal text-ink shadow-lg"
        >
          {detail} {GLOSSARY[word]}
        </span>
      )}
    </span>
  );
}

/** Where the explanation of an element is; it follows the element when the page scrolls. `null` without one. */
function usePlaceBeside(element: Element | null) {
  const [, renew] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (element === null) return;
    addEventListener("scroll", renew, { capture: true, passive: true });
    return () => removeEventListener("scroll", renew, { capture: true });
  }, [element]);
  return element === null ? null : placeBeside(element.getBoundingClientRect());
}

/** Below the element, or above it at the end of the window; never outside of the window. */
function placeBeside({ left, top, bottom }: DOMRect) {
  const { innerWidth, innerHeight } = globalThis;
  const x = Math.max(0, Math.min(left, innerWidth - WIDTH));
  return bottom + HEIGHT > innerHeight ? { left: x, bottom: innerHeight - top } : { left: x, top: bottom };
}
