/** Schemas that a restore leaves in place for the extensions in them, which cannot be moved aside and created again. */
import type { TocEntry } from "../archive/archive_toc.ts";
import { extensionsIn } from "../server/archive_extensions.ts";
import type { RestoreTargetFacts } from "./target_facts.ts";

/** Schemas of the project that hold an extension which the archive has in the same schema. */
export function keptSchemas(
  entries: readonly TocEntry[],
  { projectExtensions }: Pick<RestoreTargetFacts, "projectExtensions">,
): Set<string> {
  const same = extensionsIn(entries).filter(({ name, schema }) =>
    schema !== "public" && projectExtensions.get(name) === schema
  );
  return new Set(same.map(({ schema }) => schema));
}
