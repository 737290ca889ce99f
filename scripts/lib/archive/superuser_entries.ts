/** What a project's owner can create on the platform, whose supautils lets it, and on any other server a superuser alone. */
import { PLATFORM_ROLES } from "@backup/vault/platform.ts";
import type { TocEntry } from "./archive_toc.ts";

const PLATFORM_OWNER = new RegExp(PLATFORM_ROLES);

/** By dump id, why an ordinary role cannot load the entry on a server without supautils. */
export function superuserEntries(entries: readonly TocEntry[]): Map<number, string> {
  return new Map(
    entries.filter((entry) => needsSuperuser(entry) && !PLATFORM_OWNER.test(entry.owner)).map(({ dumpId }) =>
      [
        dumpId,
        "only a superuser can create it on this server; on the platform the project's owner can",
      ] as const
    ),
  );
}

function needsSuperuser({ kind, definition }: TocEntry): boolean {
  return kind === "EVENT TRIGGER" || kind === "PUBLICATION TABLES IN SCHEMA" ||
    kind === "PUBLICATION" && /^CREATE PUBLICATION .* FOR ALL TABLES\b/m.test(definition);
}
