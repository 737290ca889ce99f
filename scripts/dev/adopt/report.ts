/** The findings for people: what is left to do, by subject; what is there only as a number, unless it is asked for. */
import { type Finding, isOpen } from "./finding.ts";
import { PARTS } from "./parts.ts";

/** So many files of a folder that are missing are told as one line. */
const FEW = 4;

export function reportOf(findings: readonly Finding[], { all }: { all: boolean }): string {
  const subjects = [...new Set(findings.map(({ about }) => about))];
  const shown = subjects.map((subject) => {
    const its = findings.filter(({ about }) => about === subject);
    const told = its.filter((finding) => all || finding.standing !== "there" || finding.hint !== undefined);
    const there = its.filter(({ standing }) => standing === "there").length;
    return [`${subject}: ${there} of ${its.length} there`, ...gathered(told).map(line)].join("\n");
  });
  return `${shown.join("\n\n")}\n\n${summaryOf(findings)}\n`;
}

/** Missing files of one folder as one finding, when they are many. */
function gathered(findings: readonly Finding[]): Finding[] {
  const many = PARTS.map(({ path, what }) => {
    const missing = findings.filter(({ item, standing }) =>
      standing === "missing" && item.startsWith(`${path}/`)
    );
    return { path, what, missing };
  }).filter(({ missing }) => missing.length > FEW).toSorted((a, b) => b.path.length - a.path.length);
  let rest = [...findings];
  const lines = many.flatMap(({ path, what, missing }) => {
    const its = missing.filter((finding) => rest.includes(finding));
    rest = rest.filter((finding) => !its.includes(finding));
    const [first] = its;
    return first === undefined ? [] : [{ ...first, item: `${path}: ${its.length} files`, why: what }];
  });
  return [...lines, ...rest];
}

function line({ item, standing, why, hint }: Finding): string {
  const rest = [why, hint && `→ ${hint}`].filter((text) => text !== undefined);
  return `  ${standing.padEnd(8)}  ${item}${rest.map((text) => `\n              ${text}`).join("")}`;
}

function summaryOf(findings: readonly Finding[]): string {
  const open = findings.filter(isOpen);
  if (open.length === 0) return "Everything that a checkout can show is there.";
  const count = (standing: Finding["standing"]) =>
    open.filter((finding) => finding.standing === standing).length;
  return `Left to do: ${count("missing")} missing, ${count("differs")} different, ${
    count("conflict")
  } in conflict.`;
}
