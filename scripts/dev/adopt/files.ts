/** The state of the planned files in the ERP's repository. */
import type { Checkout } from "./checkout.ts";
import { type AdoptionRecord, hashOf, KEYS_FILE, OWN_FOLDERS, OWNERS_FILES, RECORD_FILE } from "./plan.ts";

/** The state of one thing that the adoption needs. */
export interface Finding {
  item: string;
  /** `there`: nothing to do. `missing`, `differs`: to be done. `conflict`: needs a decision first. */
  standing: "there" | "missing" | "differs" | "conflict";
  why?: string;
  hint?: string;
}

/** Names that the older system also uses, with the same meaning: they are replaced. */
const OLDER =
  /^(\.github\/workflows\/db-(backup|backup-restore-drill|restore-from-r2)\.yml|supabase\/functions\/ops-backups\/.*)$/;

/** One finding for each planned file, and for each file that is to be removed. */
export function fileFindings(
  erp: Checkout,
  planned: ReadonlyMap<string, Buffer>,
  record: AdoptionRecord | null,
): Finding[] {
  const stateOf = (path: string, content: Buffer): Omit<Finding, "item"> => {
    const found = erp.bytes(path);
    if (found === null) return { standing: "missing", hint: "adopt apply writes it" };
    if (OWNERS_FILES.includes(path) || found.equals(content)) return { standing: "there" };
    return foreignOr(path, found, "it is of another version", "adopt apply replaces it");
  };
  const foreignOr = (path: string, found: Buffer, why: string, hint: string) => {
    const hash = record?.files[path];
    if (hash === hashOf(found) || (hash === undefined && OLDER.test(path))) {
      return { standing: "differs", why, hint } as const;
    }
    return {
      standing: "conflict",
      why: hash === undefined ? "the ERP has a file of its own there" : "it was changed since it was adopted",
      hint: "move the file or the change elsewhere, or drop it with adopt apply --replace",
    } as const;
  };
  const kept: readonly string[] = [RECORD_FILE, KEYS_FILE];
  const left = erp.files(...OWN_FOLDERS).filter((path) => !kept.includes(path) && !planned.has(path));
  return [
    ...[...planned].map(([item, content]) => ({ item, ...stateOf(item, content) })),
    ...left.map((item) => {
      const found = erp.bytes(item) ?? Buffer.alloc(0);
      return { item, ...foreignOr(item, found, "no file of this version", "adopt apply removes it") };
    }),
  ];
}
