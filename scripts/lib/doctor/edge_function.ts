/** Whether the Edge Function is deployed: it refuses a request without a session with a code of its own. */
import { z } from "zod";
import { BackupError } from "@backup/errors.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

/** Its response. */
export interface FunctionAnswer {
  status: number;
  /** Its own error code; `null` when the response is not its own. */
  code: string | null;
}

const REFUSED = "not_signed_in";
const ownAnswer = z.object({ ok: z.literal(false), error: z.string() });

export async function functionChecks(
  url: string | null,
  limit: Limit,
  fetcher: typeof fetch,
): Promise<DoctorCheck[]> {
  const verdict = url === null
    ? notChecked("o endereço da função não é conhecido", "Dê ao diagnóstico SUPABASE_URL ou FUNCTION_URL.")
    : functionVerdict(await withinLimit(limit, (signal) => callFunction(url, fetcher, signal)));
  return [check("function", "function_reach", verdict)];
}

async function callFunction(
  url: string,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<FunctionAnswer> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ action: "health" });
  const answer = await fetcher(url, { method: "POST", headers, body, signal }).catch((cause) => {
    throw new BackupError("internal_server_error", "no server responds at its address", { cause });
  });
  const { status } = answer;
  return { status, code: ownAnswer.safeParse(readJson(await answer.text())).data?.error ?? null };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function functionVerdict(answer: Result<FunctionAnswer>): CheckVerdict {
  if (!answer.ok) {
    return {
      status: "failed",
      message: `A função não responde: ${answer.message}.`,
      hint:
        "Confira o endereço e se o projeto do Supabase está no ar; publique-a com supabase functions deploy ops-backups.",
    };
  }
  const { status, code } = answer.value;
  if (status === 401 && code === REFUSED) {
    return { status: "ok", message: "A função responde, e recusa quem não entrou.", facts: { status, code } };
  }
  if (status === 401 && code === null) {
    return {
      status: "warning",
      message:
        "O Supabase recusa quem não entrou antes de a função ver o pedido: não se sabe se ela está publicada.",
      hint:
        "Publique-a com verify_jwt = false (supabase/config.toml): ela confere a sessão por conta própria.",
      facts: { status, code },
    };
  }
  return {
    status: "failed",
    message: `A função não responde como devia: ${status}${code === null ? "" : ` ${code}`}.`,
    hint: "Publique-a com supabase functions deploy ops-backups, e veja o log dela no Supabase.",
    facts: { status, code },
  };
}
