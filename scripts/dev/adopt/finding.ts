/** What is said about one thing of a checkout. */

/**
 * `there`: as it should be. `missing`, `differs`: to be done, nothing stands against it. `conflict`: somebody has to
 * decide first. `unseen`: a checkout cannot tell.
 */
export type Standing = "there" | "missing" | "differs" | "conflict" | "unseen";

export interface Finding {
  /** What kind of thing, for grouping: `files`, `packages`, … */
  about: string;
  item: string;
  standing: Standing;
  /** The fact behind the standing, and what to do; none for what is there without more to say. */
  why?: string;
  hint?: string;
}

/** Whether something is left to be done before the product is adopted. */
export function isOpen({ standing }: Finding): boolean {
  return standing !== "there" && standing !== "unseen";
}
