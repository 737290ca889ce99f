/** Other workflows that do what ours do, and what a checkout cannot show of the repository at GitHub. */
import type { Finding } from "./finding.ts";
import { adoptedFiles, secretsOf } from "./parts.ts";
import type { Tree } from "./tree.ts";

const ABOUT = "GitHub";
const FOLDER = ".github/workflows";

export function checkGitHub(ours: Tree, erp: Tree): Finding[] {
  const adopted = new Set(adoptedFiles(ours).map(({ path }) => path));
  const others = erp.files(FOLDER).filter((path) => /\.ya?ml$/.test(path) && !adopted.has(path))
    .map((path) => ({ path, text: erp.text(path) ?? "" }));
  return [
    ...others.filter(({ text }) => /\bpg_dump\b|\bpg_restore\b/.test(text)).map(doubleWork),
    ...secretsOf(ours).map((name) => secret(name, erp)),
  ];
}

function doubleWork({ path, text }: { path: string; text: string }): Finding {
  const isScheduled = /^\s+schedule:/m.test(text);
  return {
    about: ABOUT,
    item: path,
    standing: isScheduled ? "differs" : "there",
    why: isScheduled
      ? "it dumps or restores by a schedule of its own"
      : "it dumps or restores when it is asked",
    hint: isScheduled
      ? "take its schedule away once the first scheduled backup of ours was proven"
      : undefined,
  };
}

function secret(name: string, erp: Tree): Finding {
  const used = erp.files(FOLDER).find((path) =>
    new RegExp(`\\bsecrets\\.${name}\\b`).test(erp.text(path) ?? "")
  );
  return {
    about: ABOUT,
    item: `secret ${name}`,
    standing: "unseen",
    why: used === undefined ? "no workflow of the checkout names it yet" : `${used} names it`,
    hint: `gh secret list shows whether it is set; else gh secret set ${name}`,
  };
}
