import { noAnswerSentence } from "../lib/no_answer.ts";
import { isAuthApiError, isAuthRetryableFetchError } from "@supabase/auth-js";

const BY_CODE: Record<string, string> = {
  invalid_credentials: "E-mail ou senha incorretos.",
  email_not_confirmed:
    "Este e-mail ainda não foi confirmado. Abra a mensagem de confirmação que você recebeu.",
  user_banned: "Este usuário está bloqueado. Fale com um administrador.",
  over_request_rate_limit: "Muitas tentativas seguidas. Espere um minuto e tente de novo.",
};

/** The pt-BR sentence for a sign-in that failed. */
export function signInSentence(error: unknown): string {
  if (isAuthRetryableFetchError(error)) {
    return noAnswerSentence();
  }
  const code = isAuthApiError(error) ? error.code : undefined;
  return (code !== undefined && BY_CODE[code]) || "Não foi possível entrar. Tente de novo em instantes.";
}
