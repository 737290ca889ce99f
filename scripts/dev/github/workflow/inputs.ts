/** The inputs of a dispatch, checked as GitHub checks them. */
import type { DispatchInput } from "./model.ts";
import type { Value } from "./expressions.ts";

const MAX_PAYLOAD_CHARACTERS = 65_535;

/** A dispatch that GitHub answers with 422; the message is GitHub's. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** The values of a run's inputs: as text for `github.event.inputs`, typed for the context `inputs`. */
export interface InputValues {
  texts: Record<string, string>;
  typed: Record<string, Value>;
}

/**
 * Checks types and choices of the given inputs and adds defaults.
 * @throws {InputError} for an unexpected, missing or malformed input.
 */
export function readInputs(
  declared: Readonly<Record<string, DispatchInput>>,
  given: Readonly<Record<string, string>>,
): InputValues {
  const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(declared, name));
  if (unexpected.length > 0) {
    throw new InputError(`Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  }
  if (JSON.stringify(given).length > MAX_PAYLOAD_CHARACTERS) throw new InputError("inputs are too large.");
  const values: InputValues = { texts: {}, typed: {} };
  for (const [name, input] of Object.entries(declared)) {
    const text = readInput(name, input, given[name]);
    values.texts[name] = text;
    values.typed[name] = typed(input, text);
  }
  return values;
}

function readInput(name: string, input: DispatchInput, given: string | undefined): string {
  const text = given ?? (input.default === undefined ? implied(input) : String(input.default));
  if (input.required && text === "") throw new InputError(`Required input '${name}' not provided`);
  if (text === "") return text;
  if (input.type === "choice" && !input.options.includes(text)) {
    throw new InputError(`Provided value '${text}' for input '${name}' not in the list of allowed values`);
  }
  if (input.type === "boolean" && text !== "true" && text !== "false") {
    throw new InputError(`Provided value '${text}' for input '${name}' is not a boolean`);
  }
  if (input.type === "number" && Number.isNaN(Number(text))) {
    throw new InputError(`Provided value '${text}' for input '${name}' is not a number`);
  }
  return text;
}

/** An optional choice defaults to its first option, an optional boolean to false. */
function implied(input: DispatchInput): string {
  if (input.required) return "";
  if (input.type === "choice") return input.options[0] ?? "";
  return input.type === "boolean" ? "false" : "";
}

function typed(input: DispatchInput, text: string): Value {
  if (input.type === "boolean") return text === "true";
  if (input.type === "number") return text === "" ? null : Number(text);
  return text;
}
