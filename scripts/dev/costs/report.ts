/** docs/costs.md, out of the model's figures. */
import { DEFAULT_POLICY } from "@backup/retention/policy.ts";
import {
  ASSUMED,
  backupsKept,
  type Bill,
  billOf,
  type Measured,
  type Month,
  type Prices,
  scaled,
  usedInAMonth,
} from "./model.ts";

export interface Sample extends Measured {
  /** The whole database, with indexes. */
  databaseBytes: number;
}

/** Times the measured database. */
const SIZES = [1, 10, 50];
const money = (value: number) => `$${value.toFixed(2)}`;
const whole = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
const one = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 1 });

/**
 * The measured database and two larger ones.
 * @param benchmarks docs/benchmarks.md
 * @throws when it does not have the figures that it had
 */
export function sampleOf(benchmarks: string): Sample {
  const figure = (pattern: RegExp) => {
    const found = pattern.exec(benchmarks)?.[1];
    if (found === undefined) throw new Error(`docs/benchmarks.md does not say ${pattern.source}`);
    return Number(found);
  };
  return {
    databaseBytes: figure(/data, (\d+) MB with indexes/) * 1e6,
    rawBytes: figure(/archive (\d+) MB raw/) * 1e6,
    storedBytes: figure(/raw, (\d+) MB with/) * 1e6,
    backupSeconds: figure(/\| \*\*ours\*\*: gzip[^|]*\| ([\d.]+) \|/),
    restoreSeconds: figure(/\| \*\*ours\*\*: over a living copy[^|]*\| ([\d.]+) \|/),
  };
}

export function costsPage(sample: Sample, prices: Prices): string {
  const kept = backupsKept(DEFAULT_POLICY);
  const columns = SIZES.map((factor) =>
    columnOf(scaled(sample, factor), sample.databaseBytes * factor, kept.mean, prices)
  );
  return `# Costs

Written by \`npm run costs\` out of public prices (\`scripts/dev/costs/prices.json\`, looked up ${prices.looked_up}, without
tax), sizes and times of [benchmarks.md](benchmarks.md), the schedules and the retention of the product; do not edit.
US dollars a month, for one production database that is backed up daily and drilled weekly.

${
    table(columns, [
      ["Database, with indexes", ({ database }) => `${one(database / 1e9)} GB`],
      ["Leaves Supabase for one backup", ({ measured }) => `${one(measured.rawBytes / 1e9)} GB`],
      ["One backup in the vault", ({ measured }) => `${one(measured.storedBytes / 1e9)} GB`],
      ["In the vault, mean", ({ month }) => `${one(month.storedGb)} GB`],
      ["Egress a month", ({ month }) => `${whole(month.egressGb)} GB`],
      ["Runner minutes a month", ({ month }) => whole(month.minutes)],
      ["R2 storage", ({ list }) => money(list.storage)],
      ["R2 calls", ({ list }) => money(list.calls)],
      ["Supabase egress", ({ list }) => money(list.egress)],
      ["GitHub minutes, private repository", ({ list }) => money(list.minutes)],
      ["**Everything at list price**", ({ list }) => `**${money(list.total)}**`],
      ["**Where nothing else uses the included quotas**", ({ net }) => `**${money(net.total)}**`],
    ])
  }

- [Retention](retention.md) keeps ${
    one(kept.mean)
  } backups on a mean day of the third year, ${kept.most} at most, the
  ${DEFAULT_POLICY.safety} safety copies of restores among them.
- Included are ${prices.r2.included_gb_month} GB-months of R2, ${prices.egress.included_gb} GB of egress (Supabase Pro) and ${
    whole(prices.runner.included_minutes)
  } minutes (GitHub Free). R2 takes nothing for
  what leaves it: restores and drills cost minutes only. A restore's safety copy is one more backup.
- Most minutes are the watchdog's: it runs every hour, and GitHub counts begun minutes. On a machine of your own
  (\`REVO_RUNNER\`, \`REVO_WATCHDOG_RUNNER\`) they cost nothing.
- From some size on it is egress that costs: pg_dump sends every row, uncompressed, every day. A self-hosted runner does not
  change that; a direct connection does not either.
- Assumed, not measured on GitHub: ${ASSUMED.setupSeconds} s until a job works, ${
    ASSUMED.bytesPerSecond / 1e6
  } MB/s between the clouds, ${ASSUMED.callsPerLook} calls for one look
  into the vault. Sizes are the sample's, multiplied: rows of another kind compress in another way.
- For comparison, point-in-time recovery of 7 days costs ${
    money(prices.pitr.seven_days_month)
  } at Supabase, and answers another need:
  [comparison.md](comparison.md).

Of a database of your own: \`npm run costs -- FILE.manifest.json\`, with a manifest out of the vault.

Sources:
[R2](${prices.r2.source}),
[Supabase egress](${prices.egress.source}),
[Supabase PITR](${prices.pitr.source}),
[GitHub runners](${prices.runner.source}).
`;
}

interface Column {
  database: number;
  measured: Measured;
  month: Month;
  list: Bill;
  net: Bill;
}

function columnOf(measured: Measured, database: number, kept: number, prices: Prices): Column {
  const month = usedInAMonth(measured, kept);
  return { database, measured, month, list: billOf(month, prices, false), net: billOf(month, prices, true) };
}

function table(columns: Column[], rows: [string, (column: Column) => string][]): string {
  const lines = rows.map(([name, cell]) => `| ${[name, ...columns.map(cell)].join(" | ")} |`);
  const [head = "", ...rest] = lines;
  return [head, `|---|${columns.map(() => "---:").join("|")}|`, ...rest].join("\n");
}

/** The same for one database: a line for each thing that costs. */
export function costsOf(measured: Measured, prices: Prices): string {
  const { month, list, net } = columnOf(measured, 0, backupsKept(DEFAULT_POLICY).mean, prices);
  return [
    `in the vault  ${one(month.storedGb)} GB  ${money(list.storage)}`,
    `calls         ${whole(month.classA + month.classB)}  ${money(list.calls)}`,
    `egress        ${whole(month.egressGb)} GB  ${money(list.egress)}`,
    `minutes       ${whole(month.minutes)}  ${money(list.minutes)}`,
    `a month       ${money(list.total)}, ${money(net.total)} where nothing else uses the included quotas`,
  ].join("\n");
}
