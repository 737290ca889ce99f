import { useState } from "react";
import { ExternalLink } from "../../../components/ui/external_link.tsx";
import { readLastKnown } from "../data/last_known.ts";
import { DOCUMENTS } from "../model/documents.ts";

/** A page of the guide, in the repository that runs name; nothing while no run has named it. */
export function HelpLink({ page, children }: { page: string; children: string }) {
  const [repository] = useState(() => readLastKnown()?.repository ?? null);
  if (repository === null) return null;
  return <ExternalLink href={`${repository}/${DOCUMENTS}/guia/${page}`}>{children}</ExternalLink>;
}
