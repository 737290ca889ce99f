/** Groups the vault's objects by archive. */
import { archiveKeyOf, siblingKeys } from "@backup/vault/object_key.ts";
import type { ListedObject, Vault } from "./vault.ts";

/** The objects with one archive's name; only an archive with its manifest is a backup. */
export interface StoredSet {
  /** Of the archive, also where there is none. */
  key: string;
  archive: ListedObject | null;
  manifest: ListedObject | null;
  /** Fingerprint, recovery instructions, receipts. */
  others: ListedObject[];
}

/**
 * All sets under a prefix, in the order of their archives' keys. Holds the objects of one day at a time: labels may
 * have dots, so that the objects of one archive need not follow each other, but a day's do.
 * @param onForeign is called with objects that belong to no backup
 */
export async function* listStoredSets(
  vault: Vault,
  prefix: string,
  onForeign: (object: ListedObject) => void = () => {},
): AsyncGenerator<StoredSet> {
  let day = "";
  let sets = new Map<string, StoredSet>();
  for await (const object of vault.list(prefix)) {
    const key = archiveKeyOf(object.key);
    if (key === null) {
      onForeign(object);
      continue;
    }
    const folder = key.slice(0, key.lastIndexOf("/"));
    if (folder !== day) {
      yield* inOrder(sets);
      [day, sets] = [folder, new Map()];
    }
    sets.set(key, withObject(sets.get(key), key, object));
  }
  yield* inOrder(sets);
}

function inOrder(sets: ReadonlyMap<string, StoredSet>): StoredSet[] {
  return [...sets.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}

function withObject(set: StoredSet | undefined, key: string, object: ListedObject): StoredSet {
  const before = set ?? { key, archive: null, manifest: null, others: [] };
  if (object.key === key) return { ...before, archive: object };
  if (object.key === siblingKeys(key).manifest) return { ...before, manifest: object };
  return { ...before, others: [...before.others, object] };
}
