/** The end of the failed step in the text of a job's log, as GitHub writes it. */

/** At most so many lines. */
export const EXCERPT_LINES = 30;
/** Characters of one line. */
const LONGEST_LINE = 400;

const TIME = /^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z /;
// deno-lint-ignore no-control-regex -- terminals' colours
const COLOUR = /\x1b\[[0-9;]*m/g;

/**
 * The last lines of the step that reported the last error, without times, colours, the listing of the step's inputs and what
 * only programs read. Without such a step, the last lines of all.
 * @param text of whole lines, without secrets
 */
export function excerptOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(TIME, "").replace(COLOUR, ""));
  const error = lines.findLastIndex((line) => line.startsWith("##[error]"));
  const end = error === -1 ? lines.length : error + 1;
  const begin = lines.findLastIndex((line, index) => index < end && /^##\[group\]Run /.test(line));
  return withoutGroups(lines.slice(begin + 1, end), begin !== -1)
    .filter((line) => line.trim() !== "" && !line.startsWith("PLAN_JSON="))
    .map((line) => line.replace(/^##\[\w+\]/, "").slice(0, LONGEST_LINE))
    // what is printed and annotated
    .filter((line, index, all) => line !== all[index - 1])
    .slice(-EXCERPT_LINES);
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
