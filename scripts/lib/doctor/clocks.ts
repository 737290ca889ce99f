/** Compares the clock of this machine with those of the services: signatures, tokens and schedules depend on it. */
import { BackupError } from "@backup/errors.ts";
import { count } from "@backup/watch/text.ts";
import { check, type CheckVerdict, type DoctorCheck, notChecked } from "./check.ts";
import { type Result } from "@backup/result.ts";
import { type Limit, withinLimit } from "./within_limit.ts";

/** Two clocks at one moment, in milliseconds since 1970. */
export interface Clocks {
  remote: number;
  local: number;
}

const WARN_MS = 60_000;
/** R2 refuses signatures that differ from its own time by a quarter of an hour. */
const FAIL_MS = 5 * 60_000;

/** @param of pt-BR, the owner of the clock: "do …" @param clocks `null`: it could not be requested */
export function clockCheck(name: string, of: string, clocks: Result<Clocks> | null): DoctorCheck {
  return check(
    "clocks",
    `clock_${name}`,
    clocks === null ? notChecked(`a hora ${of} não pôde ser lida`) : clockVerdict(of, clocks),
  );
}

export function clockVerdict(of: string, clocks: Result<Clocks>): CheckVerdict {
  if (!clocks.ok) return notChecked(`a hora ${of} não é conhecida (${clocks.message})`);
  const skew = clocks.value.local - clocks.value.remote;
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

/** Reads the `date` header of a server, to the second. */
export async function readHttpClock(
  url: string,
  limit: Limit,
  fetcher: typeof fetch,
  now: () => Date,
): Promise<Result<Clocks>> {
  return await withinLimit(limit, async (signal) => {
    const before = now().getTime();
    const answer = await fetcher(url, { method: "HEAD", signal }).catch((cause) => {
      throw new BackupError("internal_server_error", "no answer", { cause });
    });
    await answer.body?.cancel();
    const remote = Date.parse(answer.headers.get("date") ?? "");
    if (Number.isNaN(remote)) throw new BackupError("internal_server_error", "no date on the answer");
    return { remote, local: (before + now().getTime()) / 2 };
  });
}
