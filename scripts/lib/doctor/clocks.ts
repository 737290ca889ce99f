/** Whether everybody has the same time: a signature of the vault's, a token's end and a schedule depend on it. */
import { BackupError } from "@backup/errors.ts";
import { count } from "@backup/watch/text.ts";
import { check, type DoctorCheck, notSeen, type Verdict } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { type Limit, look } from "./look.ts";

/** Two clocks at one moment, milliseconds since 1970. */
export interface Clocks {
  theirs: number;
  ours: number;
}

const WARN_MS = 60_000;
/** R2 refuses signatures of another time than its own from a quarter of an hour on. */
const FAIL_MS = 5 * 60_000;

/** @param of whose, "do …" @param theirs `null`: there was nobody to ask */
export function clockCheck(name: string, of: string, theirs: Result<Clocks> | null): DoctorCheck {
  return check(
    "clocks",
    `clock_${name}`,
    theirs === null ? notSeen(`a hora ${of} não pôde ser lida`) : clockVerdict(of, theirs),
  );
}

export function clockVerdict(of: string, clocks: Result<Clocks>): Verdict {
  if (!clocks.ok) return notSeen(`a hora ${of} não é conhecida (${clocks.message})`);
  const skew = clocks.value.ours - clocks.value.theirs;
  const facts = { skew_ms: Math.round(skew) };
  if (Math.abs(skew) <= WARN_MS) return { status: "ok", message: `Tem a hora ${of}.`, facts };
  const seconds = count(Math.round(Math.abs(skew) / 1000));
  return {
    status: Math.abs(skew) > FAIL_MS ? "failed" : "warning",
    message: `O relógio desta máquina está ${seconds} s ${
      skew > 0 ? "adiantado" : "atrasado"
    } em relação ao ${of.slice(3)}.`,
    hint: "Acerte o relógio (NTP): assinaturas do R2 e sessões valem por pouco tempo.",
    facts,
  };
}

/** The time that a server writes on its answers, to the second. */
export async function readHttpClock(
  url: string,
  limit: Limit,
  fetcher: typeof fetch,
  now: () => Date,
): Promise<Result<Clocks>> {
  return await look(limit, async (signal) => {
    const before = now().getTime();
    const answer = await fetcher(url, { method: "HEAD", signal }).catch((cause) => {
      throw new BackupError("internal_server_error", "no answer", { cause });
    });
    await answer.body?.cancel();
    const theirs = Date.parse(answer.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) throw new BackupError("internal_server_error", "no date on the answer");
    return { theirs, ours: (before + now().getTime()) / 2 };
  });
}
