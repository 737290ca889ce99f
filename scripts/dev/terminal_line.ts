/** Lines of the stack as a terminal shows them. */

/** Longer lines would hide the others. */
const LONGEST = 400;

/** `null` for what only programs read in the log of a run, which has it whole. */
export function terminalLine(line: string): string | null {
  if (/(^|: )PLAN_JSON=/.test(line)) return null;
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}… (${line.length} characters)`;
}
