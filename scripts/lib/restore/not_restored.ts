/** What a committed restore did not bring back, each as a sentence. */
import type { Warning } from "@backup/vault/warnings.ts";
import { type AnyManifest, isProving } from "@backup/vault/manifest.ts";
import type { RestoreTargetFacts } from "./target_facts.ts";

/** What the source had and no backup holds, as far as the target lacks it. */
export function notCarried(
  manifest: AnyManifest | null,
  { extensionRows }: Pick<RestoreTargetFacts, "extensionRows">,
): string[] {
  const warnings = manifest && isProving(manifest) ? manifest.warnings ?? [] : [];
  return warnings.flatMap(({ kind, name, rows }) => {
    if (kind === "user_mapping") return [`${name}: its user and password are in no backup`];
    const found = extensionRows.get(name) ?? 0;
    return kind === "extension_rows" && rows !== null && found < rows
      ? [`${name} of an extension: ${rows} own rows of the source are in no backup, the target has ${found}`]
      : [];
  });
}

/** What went with the old content. */
export function lossText({ name, detail }: Warning): string {
  return `${name} of ${detail} depended on the old content and went with it`;
}
