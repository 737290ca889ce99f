/** HTML templates: inserted values are escaped, unless they are markup already. */

export interface Markup {
  readonly html: string;
}

type Part = string | number | Markup | readonly Markup[];

/** Marks a constant as HTML. */
export function raw(html: string): Markup {
  return { html };
}

/** @example markup`<p>${"a < b"}</p>`.html // "<p>a &lt; b</p>" */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { html: texts.map((text, i) => text + (i < parts.length ? render(parts[i] ?? "") : "")).join("") };
}

/** An instant to the second in UTC, or a dash. */
export function isoOrDash(instant: Date | null): string {
  return instant === null ? "–" : instant.toISOString().slice(0, 19).replace("T", " ");
}

function render(part: Part): string {
  if (typeof part === "string" || typeof part === "number") return escape(String(part));
  return "html" in part ? part.html : part.map((each) => each.html).join("");
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
