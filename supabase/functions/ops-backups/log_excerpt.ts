/** The end of the failed step in the text of a job's log, as GitHub writes it. */

/** At most so many lines. */
export const EXCERPT_LINES = 30;
/** Characters of one line. */
const LONGEST_LINE = 400;

const TIME = /^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z /;
// deno-lint-ignore no-control-regex -- terminals' colours
const COLOUR = /\x1b\[[0-9;]*m/g;

/**
 * The last lines of the failed step, up to its error, without times, colours, the listing of the step's inputs and what only
 * programs read. Where the log has no error of it, the last lines of all, and `has_error` says so.
 * @param text of whole lines, without secrets
 * @param endedAt when the failed step ended: later steps report errors of their own
 */
export function excerptOf(text: string, endedAt: string | null): { lines: string[]; has_error: boolean } {
  const timed = text.split(/\r?\n/);
  const lines = timed.map((line) => line.replace(TIME, "").replace(COLOUR, ""));
  const error = lines.findLastIndex((line, index) =>
    line.startsWith("##[error]") && !isLater(timed[index] ?? "", endedAt)
  );
  const end = error === -1 ? lines.length : error + 1;
  const begin = lines.findLastIndex((line, index) => index < end && /^##\[group\]Run /.test(line));
  const excerpt = withoutGroups(lines.slice(begin + 1, end), begin !== -1)
    .filter((line) => line.trim() !== "" && !line.startsWith("PLAN_JSON="))
    .map((line) => line.replace(/^##\[\w+\]/, "").slice(0, LONGEST_LINE))
    // what is printed and annotated
    .filter((line, index, all) => line !== all[index - 1])
    .slice(-EXCERPT_LINES);
  return { lines: excerpt, has_error: error !== -1 };
}

/** Compares whole seconds, as GitHub states when a step ended: in UTC or with an offset; a log is in UTC. */
function isLater(line: string, endedAt: string | null): boolean {
  const second = /^\ufeff?(\d{4}-\d\d-\d\dT[\d:]+)/.exec(line)?.[1];
  return second !== undefined && endedAt !== null && Date.parse(`${second}Z`) > Date.parse(endedAt);
}

/** A group is what GitHub folds: the command and environment of a step, or what the step itself grouped. */
function withoutGroups(lines: readonly string[], beginsInGroup: boolean): string[] {
  let isFolded = beginsInGroup;
  return lines.filter((line) => {
    const wasFolded = isFolded;
    if (line.startsWith("##[group]")) isFolded = true;
    if (line.startsWith("##[endgroup]")) isFolded = false;
    return !wasFolded && !isFolded && !line.startsWith("##[endgroup]");
  });
}
