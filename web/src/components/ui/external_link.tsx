import { ExternalLink as Icon } from "lucide-react";
import { classNames } from "../../lib/class_names.ts";

/**
 * A link that opens in a new tab, announces that, and passes no opener or referrer to the other page. `alone`: not within a
 * sentence, so that it is as high as a target has to be.
 */
export function ExternalLink(
  { href, children, alone = false }: { href: string; children: string; alone?: boolean },
) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      className={classNames(
        "items-center gap-1 text-accent underline underline-offset-2",
        alone ? "mt-1 flex min-h-6 w-fit" : "inline-flex",
      )}
    >
      {children}
      <Icon aria-hidden className="size-3.5" />
      <span className="sr-only">(abre em outra aba)</span>
    </a>
  );
}
