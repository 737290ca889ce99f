/** Whether the measures of the business are those of the manifest, exactly. */
import { isProving } from "@backup/vault/manifest.ts";
import {
  type ComparedMeasure,
  compareMeasures,
  isSameMeasure,
  type MeasuredAmount,
} from "@backup/vault/measures.ts";
import { readMeasures } from "../postgres/measures.ts";
import { NO_PROOFS, NO_ROWS, passUnless, skipped } from "./check.ts";
import { ownerCheck } from "./transactions.ts";

/**
 * A measure whose query is another one since the backup is not compared. Neither is one that fails by the time-out, which
 * says something of this server alone: the detail names both.
 */
export const measuresCheck = ownerCheck(
  "business_measures",
  async (session, { manifest, measures, isOmitted }) => {
    if (!manifest || !isProving(manifest)) return skipped(NO_PROOFS);
    if (manifest.mode !== "full") return skipped(NO_ROWS);
    if (manifest.measures === undefined) return skipped("the backup has no measures");
    const { compared, notCompared } = compareMeasures(
      manifest.measures,
      await readMeasures(session, measures),
    );
    const failed = notCompared.filter(({ why, detail }) =>
      why === "failed" && isOmitted === undefined && !detail?.startsWith(TIMED_OUT)
    );
    const differences = [
      ...compared.filter((measure) => !isSameMeasure(measure)).map(differenceText),
      ...failed.map(({ name, detail }) => `${name}: ${detail}`),
    ];
    const others = notCompared.filter((each) => !failed.includes(each)).map(({ name, why, detail }) =>
      `${name}: ${detail ?? why}`
    );
    const more = others.length === 0 ? "" : `; not compared: ${others.join(", ")}`;
    if (compared.length === 0 && differences.length === 0) {
      return skipped(
        `no measure can be compared${more}`,
      );
    }
    return passUnless(differences, `${compared.length} measures, each exactly as the manifest says${more}`);
  },
);

const TIMED_OUT = "57014";

function differenceText({ name, backup, target, companies }: ComparedMeasure): string {
  const of = companies === null ? "" : `, ${companies.total} companies differ`;
  return `${name}: ${amountText(target)} instead of ${amountText(backup)}${of}`;
}

function amountText({ n, sum, newest }: MeasuredAmount): string {
  return [String(n), sum, newest].filter((part) => part !== null).join(" / ");
}
