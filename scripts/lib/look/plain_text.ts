/** A text without accents and upper case. @example plainText("São João") // "sao joao" */
export function plainText(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
