/** A finding of the check of a checkout. */

/**
 * `there`: nothing to do. `missing`, `differs`: to be done. `conflict`: needs a decision first. `unseen`: a checkout
 * cannot show it.
 */
export type Standing = "there" | "missing" | "differs" | "conflict" | "unseen";

export interface Finding {
  /** The kind, for grouping: `files`, `packages`, … */
  about: string;
  item: string;
  standing: Standing;
  why?: string;
  hint?: string;
}

/** Whether the finding needs an action. */
export function isOpen({ standing }: Finding): boolean {
  return standing !== "there" && standing !== "unseen";
}
