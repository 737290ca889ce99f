/**
 * A workflow or action file as plain values. GitHub's own parser reads the file and checks it against its schema; its
 * ready-made template drops much (`with`, time-outs, `run-name`, …), so the tree is built from its tokens instead.
 */
import {
  isBasicExpression,
  isBoolean,
  isMapping,
  isNumber,
  isSequence,
  isString,
} from "@actions/workflow-parser";
import type { TemplateToken } from "@actions/workflow-parser/templates/tokens/template-token";

/** An expression of a file, without its `${{ }}`. Text around expressions has become a `format(…)` call. */
export class Expression {
  constructor(readonly text: string) {}
}

export type Scalar = null | boolean | number | string | Expression;
export type Tree = Scalar | readonly Tree[] | { readonly [key: string]: Tree };

/** A file that cannot be run: invalid, or with a feature that the local GitHub does not support. */
export class WorkflowError extends Error {
  override readonly name = "WorkflowError";
}

/**
 * The plain tree of a parsed token.
 * @throws {WorkflowError} for an expression as a key, which the local GitHub does not support.
 */
export function toTree(token: TemplateToken): Tree {
  if (isBasicExpression(token)) return new Expression(token.expression);
  if (isSequence(token)) return [...token].map(toTree);
  if (isMapping(token)) {
    return Object.fromEntries([...token].map(({ key, value }) => [keyText(key), toTree(value)]));
  }
  if (isString(token) || isNumber(token) || isBoolean(token)) return token.value;
  return null;
}

function keyText(key: TemplateToken): string {
  if (isString(key)) return key.value;
  throw new WorkflowError(`Cannot use ${key.toString()} as a key: the local GitHub knows only plain keys`);
}
