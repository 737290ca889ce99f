import { ExternalLink as Icon } from "lucide-react";

/** A link that opens elsewhere, says so, and gives the other page no handle on this one. */
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
