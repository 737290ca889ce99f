/** Results of the rounds: medians of paired ratios, as a table, as JSON and as a section of docs/benchmarks.md. */
import { cpus, loadavg, totalmem } from "node:os";
import type { OtherWays, Round } from "./rounds.ts";
import type { Usage } from "./usage.ts";

/** One round of everything. */
export interface FullRound {
  data: Round;
  others: OtherWays;
  structure: Round;
}

export interface Outcome {
  rounds: readonly FullRound[];
  gb: number;
  databaseBytes: number;
}

/** Today, the processor and the load average of one minute. */
export function machineNow(): string {
  const date = new Date().toISOString().slice(0, 10);
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${date}, ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${memory} GB memory, ` +
    `load ${(loadavg()[0] ?? 0).toFixed(1)} before`;
}

/** Replaces the section under its heading, or appends it. Nothing else is changed. */
export function withSection(document: string, title: string, text: string): string {
  const [head = "", ...sections] = document.split(/^(?=## )/m);
  const section = `## ${title}\n\n${text.trim()}\n`;
  const at = sections.findIndex((each) => each.startsWith(`## ${title}\n`));
  sections.splice(at === -1 ? sections.length : at, 1, section);
  return [head, ...sections].map((part) => part.trimEnd()).join("\n\n") + "\n";
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (i: number) => sorted[i] ?? Number.NaN;
  return Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
}

/** The last line of `--json`. A ratio is ours / the other, the median of each round's own ratio. */
export function summarize({ rounds, gb, databaseBytes }: Outcome) {
  const of = (value: (round: FullRound) => number) => round2(median(rounds.map(value)));
  const data = summarizeRounds(rounds.map((round) => round.data));
  return {
    backup: {
      ...data.backup,
      ratio_old: of(({ data, others }) => data.backup.ours / others.backup.old),
      /** Of ours, encrypted by age, to ours. */
      ratio_encrypted: of(({ data, others }) => others.backup.encrypted / data.backup.ours),
      ratio_directory: of(({ data, others }) => data.backup.ours / others.backup.directory),
      facts_seconds: of(({ others }) => others.factsSeconds),
    },
    restore: {
      ...data.restore,
      ratio_old: of(({ data, others }) => data.restore.ours / others.restore.old),
      ratio_stream: of(({ data, others }) => data.restore.ours / others.restore.stream),
    },
    structure: summarizeRounds(rounds.map((round) => round.structure)),
    rounds: rounds.length,
    gb,
    database_bytes: databaseBytes,
  };
}

function summarizeRounds(rounds: readonly Round[]) {
  const of = (value: (round: Round) => number) => round2(median(rounds.map(value)));
  const most = (value: (round: Round) => number) => round2(Math.max(...rounds.map(value)));
  const costs = (name: keyof Round["usage"]) => ({
    client_cpu_seconds: of(({ usage }) => usage[name].client),
    server_cpu_seconds: of(({ usage }) => usage[name].server),
    peak_tree_mb: most(({ usage }) => usage[name].peakMb),
  });
  return {
    backup: {
      ratio_raw: of(({ backup }) => backup.ours / backup.raw),
      seconds: of(({ backup }) => backup.ours),
      peak_mb: most(({ peakMb }) => peakMb.backup),
      ...costs("backup"),
    },
    restore: {
      ratio_j2: of(({ restore }) => restore.ours / restore.parallel),
      seconds: of(({ restore }) => restore.ours),
      lock_seconds: of(({ lockSeconds }) => lockSeconds),
      reader_wait_seconds: most(({ waits }) => waits.reader),
      writer_wait_seconds: most(({ waits }) => waits.writer),
      peak_mb: most(({ peakMb }) => peakMb.restore),
      after_seconds: of(({ afterSeconds }) => afterSeconds),
      ...costs("restore"),
    },
  };
}

/** A way to back up or to restore, and what it cost where that was measured. */
interface Row<R> {
  name: string;
  seconds: (round: R) => number;
  usage?: (round: R) => Usage;
}

const BACKUPS: Row<FullRound>[] = [
  {
    name: "`pg_dump -Fc -Z0 > /dev/null` (raw)",
    seconds: ({ data }) => data.backup.raw,
    usage: ({ data }) => data.usage.raw,
  },
  {
    name: "**ours**: gzip, hash, upload, counts, fingerprint",
    seconds: ({ data }) => data.backup.ours,
    usage: ({ data }) => data.usage.backup,
  },
  { name: "**ours**, encrypted by `age`", seconds: ({ others }) => others.backup.encrypted },
  { name: "`pg_dump -Fd -j2`", seconds: ({ others }) => others.backup.directory },
  { name: "old way: `pg_dump -Fc`, `gzip -9`, `sha256sum`", seconds: ({ others }) => others.backup.old },
];

const RESTORES: Row<FullRound>[] = [
  {
    name: "`pg_restore -j2` from a file, into an empty database",
    seconds: ({ data }) => data.restore.parallel,
    usage: ({ data }) => data.usage.parallel,
  },
  {
    name: "**ours**: over a living copy, all checks, until COMMIT",
    seconds: ({ data }) => data.restore.ours,
    usage: ({ data }) => data.usage.restore,
  },
  {
    name: "`gunzip \\| pg_restore -1`, into an empty database",
    seconds: ({ others }) => others.restore.stream,
  },
  {
    name: "old way: `gunzip`, `pg_restore --clean --if-exists`",
    seconds: ({ others }) => others.restore.old,
  },
];

const STRUCTURE: Row<FullRound>[] = [
  {
    name: "`pg_restore -j2` from a file, into an empty database",
    seconds: ({ structure }) => structure.restore.parallel,
    usage: ({ structure }) => structure.usage.parallel,
  },
  {
    name: "**ours**: over a living copy, all checks, until COMMIT",
    seconds: ({ structure }) => structure.restore.ours,
    usage: ({ structure }) => structure.usage.restore,
  },
];

export function table({ rounds }: Outcome): string {
  return [
    rowsOf("backup", "raw", BACKUPS, rounds),
    rowsOf("restore", "-j2", RESTORES, rounds),
    rowsOf("restore of a large structure", "-j2", STRUCTURE, rounds),
  ].join("\n\n");
}

/** @param rows the first is the reference of the ratios */
function rowsOf<R>(title: string, reference: string, rows: readonly Row<R>[], rounds: readonly R[]): string {
  const [first] = rows;
  const lines = rows.map(({ name, seconds, usage }) => {
    const all = rounds.map(seconds);
    const range = `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)}`;
    const ratio = median(rounds.map((round) => seconds(round) / (first?.seconds(round) ?? Number.NaN)));
    const costs = [({ server }: Usage) => server, ({ client }: Usage) => client]
      .map((of) => usage === undefined ? "" : median(rounds.map((round) => of(usage(round)))).toFixed(1));
    return `| ${name} | ${median(all).toFixed(1)} | ${range} | ${ratio.toFixed(2)} | ${costs.join(" | ")} |`;
  });
  return [
    `| ${title} | s, median | s, range | × ${reference} | server's CPU, s | client's CPU, s |`,
    "|---|---:|---:|---:|---:|---:|",
    ...lines,
  ].join("\n");
}

export function section(outcome: Outcome, machine: string): string {
  const { rounds, databaseBytes } = outcome;
  const { backup, restore, structure } = summarize(outcome);
  const { bytes, rawBytes, gzip } = rounds[0]?.data.archive ?? { bytes: 0, rawBytes: 0, gzip: "none" };
  const megabytes = (count: number) => Math.round(count / 1_000_000);
  const phases = Object.keys(rounds[0]?.data.phases ?? {})
    .map((name) => `${name} ${median(rounds.map(({ data }) => data.phases[name] ?? 0)).toFixed(1)} s`);
  return `${machine}.

An ERP's data, ${megabytes(databaseBytes)} MB with indexes; archive ${megabytes(rawBytes)} MB raw, ${
    megabytes(bytes)
  } MB with ${gzip}. The large structure has 250 tables, 1,000 functions,
1,000 policies and 50,000 rows. Server, client and vault share the machine; the vault is a local sink that costs next to
nothing. Rounds: ${rounds.length}, every way once a round with pauses; × is the median of each round's own ratio.

${table(outcome)}

- Our backup is ${(1 / backup.ratio_old).toFixed(1)} times as fast as the old way.
- Peak memory of our process: ${backup.peak_mb} MB (backup), ${restore.peak_mb} MB (restore). With the programs that it
  starts: ${backup.peak_tree_mb} MB and ${restore.peak_tree_mb} MB, shared pages counted for each.
- Counts and fingerprint take ${backup.facts_seconds} s by themselves and run beside the dump.
- Others are locked out for ${restore.lock_seconds} s (large structure: ${structure.restore.lock_seconds} s): from the restore's
  first exclusive lock until COMMIT. Beside it a reader waited ${restore.reader_wait_seconds} s at most and a writer
  ${restore.writer_wait_seconds} s (large structure: ${structure.restore.reader_wait_seconds} s and ${structure.restore.writer_wait_seconds} s), in all rounds.
- After COMMIT our restore spends ${restore.after_seconds} s on statistics and on the old content; no session waits for them, and
  none of the other ways does either, so they are not in the table.
- The safety copy before a restore is a backup of its own and is not in the table.
- The old way ignored ${median(rounds.map(({ others }) => others.oldErrors))} errors.
- Phases of our restore: ${phases.join(", ")}.
`;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
