import { measuredText } from "@backup/runs/measure_text.ts";
import type { Measure } from "@backup/vault/measures.ts";
import { formatCounted, formatInstant } from "../../../../lib/format.ts";
import { Fact } from "./section.tsx";

/** What the business had at the moment of the backup. `undefined`: it does not say. */
export function ManifestMeasures({ measures }: { measures: readonly Measure[] | undefined }) {
  if (measures === undefined || measures.length === 0) {
    return <p className="text-muted">Este backup não traz as medidas do negócio, como pedidos e valores.</p>;
  }
  return (
    <div>
      <h4 className="font-medium">O negócio no momento do backup</h4>
      <dl className="mt-1 grid gap-x-8 gap-y-2 sm:grid-cols-2">
        {measures.map((measure) => (
          <Fact key={measure.name} term={`${measure.name}${companiesText(measure)}`}>
            <span className="tabular-nums">
              {measuredText(measure, (at) => formatInstant(new Date(at)))}
            </span>
          </Fact>
        ))}
      </dl>
    </div>
  );
}

function companiesText({ companies }: Measure): string {
  return companies === null ? "" : ` (${formatCounted(companies.length, "empresa", "empresas")})`;
}
