/** Progress of a phase for people: one line that is redrawn on a terminal, a line every ten seconds in a log. */

export interface Meter {
  /** @param expected bytes of the whole phase, `null` when unknown */
  show(phase: string, done: number, expected: number | null): void;
  /** Erases the line, so that another one can be written. */
  clear(): void;
}

/** What a phase has done so far. */
export interface Amount {
  phase: string;
  done: number;
  expected: number | null;
  seconds: number;
}

const REDRAW_MS = 100;
const LOG_EVERY_MS = 10_000;
const BAR_WIDTH = 20;
const ERASE_LINE = "\r\x1b[K";

/** No progress is wanted. */
export const noMeter: Meter = { show: () => {}, clear: () => {} };

/** @param columns of the terminal: a longer line could not be erased */
export function terminalMeter(
  write: (text: string) => void,
  columns: () => number,
  now: () => number,
): Meter {
  const clock = new PhaseClock(now);
  let drawnAt = -Infinity;
  let isDrawn = false;
  return {
    show(phase, done, expected) {
      const seconds = clock.secondsOf(phase);
      if (now() - drawnAt < REDRAW_MS) return;
      drawnAt = now();
      isDrawn = true;
      write(ERASE_LINE + barText({ phase, done, expected, seconds }).slice(0, columns() - 1));
    },
    clear() {
      if (isDrawn) write(ERASE_LINE);
      isDrawn = false;
      drawnAt = -Infinity; // the next bytes draw it again
    },
  };
}

/** Prints nothing for phases that take less than ten seconds. */
export function logMeter(print: (line: string) => void, now: () => number): Meter {
  const clock = new PhaseClock(now);
  let printedAt = 0;
  return {
    show(phase, done, expected) {
      const seconds = clock.secondsOf(phase);
      if (seconds * 1000 < LOG_EVERY_MS) printedAt = 0;
      else if (seconds * 1000 - printedAt >= LOG_EVERY_MS) {
        printedAt = seconds * 1000;
        print(`  ${amountText({ phase, done, expected, seconds })}`);
      }
    },
    clear: () => {},
  };
}

/** `upload [##########----------] 50 %, 12.3 of 24.6 MB, 8.1 MB/s` */
export function barText(amount: Amount): string {
  const { phase, done, expected } = amount;
  if (!expected) return amountText(amount);
  const filled = Math.round(BAR_WIDTH * Math.min(done / expected, 1));
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  return `${phaseText(phase)} [${bar}] ${amountText(amount).slice(phaseText(phase).length + 2)}`;
}

/** `upload: 50 %, 12.3 of 24.6 MB, 8.1 MB/s`. What was expected is an estimate for some phases: 100 % is not passed. */
export function amountText({ phase, done, expected, seconds }: Amount): string {
  const rate = seconds >= 1 ? `, ${megabytes(done / seconds)} MB/s` : "";
  const share = expected ? `${Math.floor(100 * Math.min(done / expected, 1))} %, ` : "";
  const amount = expected && expected >= done
    ? `${megabytes(done)} of ${megabytes(expected)}`
    : megabytes(done);
  return `${phaseText(phase)}: ${share}${amount} MB${rate}`;
}

const phaseText = (phase: string) => phase.replaceAll("_", " ");
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** Measures the current phase. */
class PhaseClock {
  #phase = "";
  #since = 0;

  constructor(private readonly now: () => number) {}

  secondsOf(phase: string): number {
    if (phase !== this.#phase) [this.#phase, this.#since] = [phase, this.now()];
    return (this.now() - this.#since) / 1000;
  }
}
