/** Evaluates `${{ }}` with GitHub's own expression engine. */
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import type { FunctionDefinition } from "@actions/expressions/funcs/info";
import { truthy } from "@actions/expressions/result";
import { Expression, type Scalar } from "./tree.ts";

/** The value of a context or an expression. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** The state in which an `if:` is evaluated. */
export interface StatusAnswers {
  success: boolean;
  failure: boolean;
  cancelled: boolean;
}

/** The input of an expression. Without `status` the functions `success()` and so on are unknown, as on GitHub. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Value>>;
  readonly status?: StatusAnswers;
}

const STATUS_FUNCTIONS = new Set(["success", "failure", "cancelled", "always"]);

/**
 * The value of an expression.
 * @throws {Error} with the engine's message for a syntax error, an unknown context or an unknown function.
 */
export function evaluate(expression: Expression, scope: Scope): Value {
  return fromData(run(expression.text, scope));
}

/** The text of a scalar in an environment variable or a script. */
export function toText(scalar: Scalar, scope: Scope): string {
  if (scalar instanceof Expression) return run(scalar.text, scope).coerceString();
  return scalar === null ? "" : String(scalar);
}

/** The texts of a mapping of scalars. */
export function toTexts(map: Readonly<Record<string, Scalar>>, scope: Scope): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, scalar]) => [name, toText(scalar, scope)]));
}

/**
 * A time in minutes, or the default if there is none.
 * @throws {Error} for anything but a positive number.
 */
export function toMinutes(scalar: Scalar | undefined, scope: Scope, fallback: number): number {
  if (scalar === undefined) return fallback;
  const minutes = Number(toText(scalar, scope));
  if (Number.isFinite(minutes) && minutes > 0) return minutes;
  throw new Error(
    `Cannot use ${JSON.stringify(toText(scalar, scope))} as timeout-minutes: not a positive number`,
  );
}

/** Whether a scalar such as `continue-on-error` is true. */
export function toBoolean(scalar: Scalar | undefined, scope: Scope): boolean {
  return scalar === undefined ? false : toText(scalar, scope).toLowerCase() === "true";
}

/** Whether an `if:` holds. Without a status function in it, it holds only after success, as on GitHub. */
export function holds(condition: Scalar | undefined, scope: Scope): boolean {
  const text = condition instanceof Expression ? condition.text : String(condition ?? "").trim();
  if (text === "") return truthy(run("success()", scope));
  return truthy(run(asksForStatus(text) ? text : `success() && (${text})`, scope));
}

function asksForStatus(text: string): boolean {
  const { tokens } = new Lexer(text).lex();
  return tokens.some((token, i) =>
    STATUS_FUNCTIONS.has(token.lexeme.toLowerCase()) && tokens[i + 1]?.lexeme === "("
  );
}

function run(text: string, scope: Scope): data.ExpressionData {
  const functions = scope.status === undefined ? [] : statusFunctions(scope.status);
  const { tokens } = new Lexer(text).lex();
  const tree = new Parser(tokens, Object.keys(scope.contexts), functions).parse();
  const named = new Map(functions.map((each) => [each.name, each]));
  return new Evaluator(tree, toDictionary(scope.contexts), named).evaluate();
}

function statusFunctions(status: StatusAnswers): FunctionDefinition[] {
  return Object.entries({ ...status, always: true }).map(([name, answer]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  }));
}

function toDictionary(values: Readonly<Record<string, Value>>): data.Dictionary {
  return new data.Dictionary(
    ...Object.entries(values).map(([key, value]) => ({ key, value: toData(value) })),
  );
}

function toData(value: Value): data.ExpressionData {
  if (value === null) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (isList(value)) return new data.Array(...value.map(toData));
  return toDictionary(value);
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function fromData(value: data.ExpressionData): Value {
  if (value instanceof data.StringData || value instanceof data.NumberData) return value.value;
  if (value instanceof data.BooleanData) return value.value;
  if (value instanceof data.Array) return value.values().map(fromData);
  if (value instanceof data.Dictionary) {
    return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
  }
  return null;
}
