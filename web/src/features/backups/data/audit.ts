/** The audit, newest first, and the state of its chain. */

import { infiniteQueryOptions, queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { type Gateway, useGateway } from "./gateway.tsx";
import { keys } from "./keys.ts";
import { type AuditEntry, auditEntrySchema } from "../model/audit_entry.ts";
import { queryDefaults } from "./query_defaults.ts";

const PAGE_SIZE = 50;
/** The maximum number of rows of one call. */
const EXPORT_SIZE = 1000;

const entriesSchema = z.array(auditEntrySchema);
const chainSchema = z.object({
  ok: z.boolean(),
  records: z.number(),
  broken_at: z.object({ chain_id: z.guid(), seq: z.number(), why: z.string() }).nullable(),
});

interface Page {
  event: string | null;
  /** The record after which the page begins; `null` for the newest. */
  after: AuditEntry | null;
  size: number;
}

function readPage(
  gateway: Gateway,
  { event, after, size }: Page,
  signal: AbortSignal,
): Promise<AuditEntry[]> {
  const args = {
    p_limit: size,
    p_event: event,
    p_after_chain_id: after?.chain_id ?? null,
    p_after_seq: after?.seq ?? null,
  };
  return gateway.read("ops_db_backup_audit_list", args, entriesSchema, signal);
}

function auditQuery(gateway: Gateway, event: string | null) {
  return infiniteQueryOptions({
    ...queryDefaults,
    queryKey: keys.audit(event),
    queryFn: ({ pageParam, signal }) =>
      readPage(gateway, { event, after: pageParam, size: PAGE_SIZE }, signal),
    initialPageParam: null as AuditEntry | null,
    getNextPageParam: (last: AuditEntry[]) => last.length < PAGE_SIZE ? undefined : last.at(-1),
  });
}

/** Records of one event, or of all with `null`. */
export function useAudit(event: string | null) {
  return useInfiniteQuery(auditQuery(useGateway(), event));
}

/** Every record of one event, or of all with `null`, for an export. @throws {ScreenError} */
export async function readWholeAudit(gateway: Gateway, event: string | null): Promise<AuditEntry[]> {
  const all: AuditEntry[] = [];
  const { signal } = new AbortController();
  for (;;) {
    const page = await readPage(gateway, { event, after: all.at(-1) ?? null, size: EXPORT_SIZE }, signal);
    all.push(...page);
    if (page.length < EXPORT_SIZE) return all;
  }
}

function auditChainQuery(gateway: Gateway) {
  return queryOptions({
    ...queryDefaults,
    queryKey: keys.auditChain,
    queryFn: ({ signal }) => gateway.read("ops_db_backup_audit_check", {}, chainSchema, signal),
    staleTime: 60_000,
  });
}

/** Reads the whole chain in the database, and the first record that was changed. */
export function useAuditChain() {
  return useQuery(auditChainQuery(useGateway()));
}
