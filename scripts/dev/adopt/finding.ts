/** A finding of the check of a checkout. */

export interface Finding {
  /** The kind, for grouping: `files`, `packages`, … */
  about: string;
  item: string;
  /**
   * `there`: nothing to do. `missing`, `differs`: to be done. `conflict`: needs a decision first. `unseen`: a checkout
   * cannot show it.
   */
  standing: "there" | "missing" | "differs" | "conflict" | "unseen";
  why?: string;
  hint?: string;
}

/** Whether the finding needs an action. */
export function isOpen({ standing }: Finding): boolean {
  return standing !== "there" && standing !== "unseen";
}
