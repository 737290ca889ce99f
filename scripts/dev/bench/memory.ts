/** Whether a process under load keeps its memory. */

export interface MemorySample {
  /** Since the load began. */
  second: number;
  /** Resident memory. */
  mb: number;
}

/** More than this, in MB a minute, is called growth: a day of it would be 1.4 GB. */
const FLAT_BELOW = 1;
const SHOWN_EVERY_SECONDS = 15;

/**
 * Slope of the line through the samples (least squares), in MB a minute.
 * @throws {Error} where fewer than two were taken.
 *
 * @example growthOf([{ second: 0, mb: 100 }, { second: 60, mb: 101 }]) // 1
 */
export function growthOf(samples: readonly MemorySample[]): number {
  if (samples.length < 2) throw new Error("Cannot tell growth from fewer than two samples");
  const mean = (of: (sample: MemorySample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [second, mb] = [mean((sample) => sample.second), mean((sample) => sample.mb)];
  const spread = mean((sample) => (sample.second - second) ** 2);
  return mean((sample) => (sample.second - second) * (sample.mb - mb)) / spread * 60;
}

/** The memory every 15 seconds, and the verdict with its rule. */
export function memoryText(samples: readonly MemorySample[], growth: number): string {
  const shown = samples.filter(({ second }, index) =>
    index === samples.length - 1 ||
    Math.floor(second / SHOWN_EVERY_SECONDS) !==
      Math.floor((samples[index - 1]?.second ?? 0) / SHOWN_EVERY_SECONDS)
  );
  const path = shown.map(({ second, mb }) => `${mb.toFixed(0)} MB (${second.toFixed(0)} s)`).join(", ");
  const verdict = growth < FLAT_BELOW ? "flat" : "NOT flat";
  return `Resident memory once warm: ${path}. It changes by ${growth.toFixed(2)} MB a minute: ${verdict} ` +
    `(flat is below ${FLAT_BELOW}).`;
}
