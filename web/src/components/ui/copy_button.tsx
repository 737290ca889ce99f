import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";

const SHOWN_FOR_MS = 2000;
const STATES = {
  idle: { icon: Copy, word: "Copiar" },
  copied: { icon: Check, word: "Copiado" },
  refused: { icon: X, word: "O navegador não permitiu copiar" },
} as const;

/** Copies a text and shows whether it was copied. `what` completes "Copiar …". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<keyof typeof STATES>("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(() => setState("copied"), () => setState("refused"));
  const { icon: Icon, word } = STATES[state];
  return (
    <button
      type="button"
      onClick={copy}
      title={`${word} ${what}`}
      className="inline-flex size-7 shrink-0 items-center justify-center rounded text-muted hover:bg-sunken hover:text-ink"
    >
      <Icon aria-hidden className="size-4" />
      <span className="sr-only" aria-live="polite">{state === "idle" ? `${word} ${what}` : word}</span>
    </button>
  );
}
