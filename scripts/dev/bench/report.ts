/** Results of the rounds: medians of paired ratios, as a table, as JSON and as a section of docs/benchmarks.md. */
import { cpus, loadavg, totalmem } from "node:os";
import type { Round } from "./rounds.ts";

export interface Outcome {
  rounds: readonly Round[];
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
  const of = (value: (round: Round) => number) => round2(median(rounds.map(value)));
  return {
    backup: {
      ratio_raw: of(({ backup }) => backup.ours / backup.raw),
      ratio_old: of(({ backup }) => backup.ours / backup.old),
      /** Of ours, encrypted by age, to ours. */
      ratio_encrypted: of(({ backup }) => backup.encrypted / backup.ours),
      ratio_directory: of(({ backup }) => backup.ours / backup.directory),
      peak_mb: round2(Math.max(...rounds.map(({ peakMb }) => peakMb.backup))),
      seconds: of(({ backup }) => backup.ours),
      facts_seconds: of(({ factsSeconds }) => factsSeconds),
    },
    restore: {
      ratio_j2: of(({ restore }) => restore.ours / restore.parallel),
      ratio_old: of(({ restore }) => restore.ours / restore.old),
      ratio_stream: of(({ restore }) => restore.ours / restore.stream),
      lock_seconds: of(({ lockSeconds }) => lockSeconds),
      reader_wait_seconds: round2(Math.max(...rounds.map(({ waits }) => waits.reader))),
      writer_wait_seconds: round2(Math.max(...rounds.map(({ waits }) => waits.writer))),
      peak_mb: round2(Math.max(...rounds.map(({ peakMb }) => peakMb.restore))),
      seconds: of(({ restore }) => restore.ours),
      after_seconds: of(({ afterSeconds }) => afterSeconds),
    },
    rounds: rounds.length,
    gb,
    database_bytes: databaseBytes,
  };
}

export function table({ rounds }: Outcome): string {
  const row = (name: string, of: (round: Round) => number, one: (round: Round) => number) => {
    const seconds = rounds.map(of);
    const range = `${Math.min(...seconds).toFixed(1)}–${Math.max(...seconds).toFixed(1)}`;
    const ratio = median(rounds.map((round) => of(round) / one(round))).toFixed(2);
    return `| ${name} | ${median(seconds).toFixed(1)} | ${range} | ${ratio} |`;
  };
  const raw = ({ backup }: Round) => backup.raw;
  const parallel = ({ restore }: Round) => restore.parallel;
  return [
    "| backup | s, median | s, range | × raw |",
    "|---|---:|---:|---:|",
    row("`pg_dump -Fc -Z0 > /dev/null` (raw)", raw, raw),
    row("**ours**: gzip, hash, upload, counts, fingerprint", ({ backup }) => backup.ours, raw),
    row("**ours**, encrypted by `age`", ({ backup }) => backup.encrypted, raw),
    row("`pg_dump -Fd -j2`", ({ backup }) => backup.directory, raw),
    row("old way: `pg_dump -Fc`, `gzip -9`, `sha256sum`", ({ backup }) => backup.old, raw),
    "",
    "| restore | s, median | s, range | × -j2 |",
    "|---|---:|---:|---:|",
    row("`pg_restore -j2` from a file, into an empty database", parallel, parallel),
    row("**ours**: over a living copy, all checks, until COMMIT", ({ restore }) => restore.ours, parallel),
    row("`gunzip \\| pg_restore -1`, into an empty database", ({ restore }) => restore.stream, parallel),
    row("old way: `gunzip`, `pg_restore --clean --if-exists`", ({ restore }) => restore.old, parallel),
  ].join("\n");
}

export function section(outcome: Outcome, machine: string): string {
  const { rounds, databaseBytes } = outcome;
  const { backup, restore } = summarize(outcome);
  const { bytes, rawBytes, gzip } = rounds[0]?.archive ?? { bytes: 0, rawBytes: 0, gzip: "none" };
  const megabytes = (count: number) => Math.round(count / 1_000_000);
  const phases = Object.keys(rounds[0]?.phases ?? {})
    .map((name) => `${name} ${median(rounds.map((round) => round.phases[name] ?? 0)).toFixed(1)} s`);
  return `${machine}.

An ERP's data, ${megabytes(databaseBytes)} MB with indexes; archive ${megabytes(rawBytes)} MB raw, ${
    megabytes(bytes)
  } MB with ${gzip}.
Server, client and vault share the machine; the vault is a local sink that costs next to nothing. Rounds: ${rounds.length},
every way once a round with pauses; × is the median of each round's own ratio.

${table(outcome)}

- Our backup is ${
    (1 / backup.ratio_old).toFixed(1)
  } times as fast as the old way. Peak memory of our process: ${backup.peak_mb} MB
  (backup), ${restore.peak_mb} MB (restore); pg_dump, gzip and psql, its children, are not in it.
- Counts and fingerprint take ${backup.facts_seconds} s by themselves and run beside the dump.
- Others are locked out for ${restore.lock_seconds} s: from the restore's first exclusive lock until COMMIT. Beside it a reader
  waited ${restore.reader_wait_seconds} s at most and a writer ${restore.writer_wait_seconds} s, in all rounds.
- After COMMIT our restore spends ${restore.after_seconds} s on statistics and on the old content; no session waits for them, and
  none of the other ways does either, so they are not in the table.
- The safety copy before a restore is a backup of its own and is not in the table.
- The old way ignored ${median(rounds.map(({ oldErrors }) => oldErrors))} errors.
- Phases of our restore: ${phases.join(", ")}.
`;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
