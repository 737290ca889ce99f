/**
 * The pt-BR sentence for a server that did not answer. Only the browser's own statement that it is offline blames the
 * reader's connection; `onLine` may be true without one.
 */
export function noAnswerSentence(
  isOnline: boolean = !("navigator" in globalThis) || navigator.onLine,
): string {
  return isOnline
    ? "Sem resposta do servidor: ele pode estar fora do ar. Tente de novo em instantes."
    : "Este computador está sem internet. Conecte-o e tente de novo.";
}
