import { ExternalLink as Icon } from "lucide-react";

/** A link that opens in a new tab, announces that, and passes no opener or referrer to the other page. */
export function ExternalLink({ href, children }: { href: string; children: string }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex items-center gap-1 text-accent underline underline-offset-2"
    >
      {children}
      <Icon aria-hidden className="size-3.5" />
      <span className="sr-only">(abre em outra aba)</span>
    </a>
  );
}
