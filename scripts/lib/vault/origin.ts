/** An object's origin as metadata: `x-amz-meta-revo-writer`, `x-amz-meta-revo-run`. */
import { randomUUID } from "node:crypto";
import type { Origin } from "./object_store.ts";

const WRITER = "revo-writer";
const RUN = "revo-run";

/** An origin that no other write has. @param run request id of the run that writes */
export function newOrigin(run: string | null = null): Origin {
  return { writer: randomUUID(), run };
}

export function formatOrigin(origin: Origin | null): Record<string, string> {
  if (origin === null) return {};
  const { writer, run } = origin;
  return run === null ? { [WRITER]: writer } : { [WRITER]: writer, [RUN]: run };
}

export function parseOrigin(metadata: Readonly<Record<string, string>>): Origin | null {
  const writer = metadata[WRITER];
  return writer === undefined ? null : { writer, run: metadata[RUN] ?? null };
}
