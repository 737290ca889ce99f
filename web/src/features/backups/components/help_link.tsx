import { CircleHelp } from "lucide-react";
import { useState } from "react";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { useFeatures } from "../data/download.ts";
import { readLastKnown } from "../data/last_known.ts";
import { DOCUMENTS } from "../model/documents.ts";

export interface HelpLinkProps {
  /** A file of the guide, with an anchor where one part of it answers. */
  page: string;
  /** What it answers. */
  children: string;
  /** Whether it stands on a line of its own. */
  alone?: boolean;
}

/** A page of the guide; nothing while neither a run nor the function has named the repository. */
export function HelpLink({ page, children, alone }: HelpLinkProps) {
  const address = useGuidePage(page);
  return address === null ? null : <ExternalLink href={address} alone={alone}>{children}</ExternalLink>;
}

/** The same as an icon, for the head of a panel or a dialog. */
export function HelpIcon({ page, children }: HelpLinkProps) {
  const address = useGuidePage(page);
  if (address === null) return null;
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer"
      title={`${children}, no guia`}
      className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-ink"
    >
      <CircleHelp aria-hidden className="size-4" />
      <span className="sr-only">Ajuda: {children} (abre em outra aba)</span>
    </a>
  );
}

function useGuidePage(page: string): string | null {
  const [kept] = useState(() => readLastKnown()?.repository ?? null);
  const named = useFeatures(kept === null).data?.repository;
  const repository = kept ?? named ?? null;
  return repository === null ? null : `${repository}/${DOCUMENTS}/guia/${page}`;
}
