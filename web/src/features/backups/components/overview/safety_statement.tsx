import { lazy } from "react";
import { type LucideIcon, ShieldAlert, ShieldCheck, ShieldX } from "lucide-react";
import { type Tone, toneClasses } from "../../../../components/ui/badge.tsx";
import { Instant } from "../../../../components/ui/instant.tsx";
import { classNames } from "../../../../lib/class_names.ts";
import { formatCounted, formatDuration } from "../../../../lib/format.ts";
import type { OverviewFacts } from "../../model/overview_facts.ts";
import { assessSafety, type Safety } from "../../model/overview.ts";
import { safetyParts, SHORTEST_MS, TONE_NAMES } from "../../text/overview_text.ts";
import { Later } from "../later.tsx";

const Term = lazy(() => import("../term.tsx"));
const ProblemList = lazy(() => import("./problem_list.tsx"));

const ICONS: Record<Safety["tone"], LucideIcon> = { ok: ShieldCheck, warn: ShieldAlert, bad: ShieldX };

interface StatementProps {
  facts: OverviewFacts;
  /** The current time by the database's clock. */
  now: Date;
}

/** "Se a produção parasse agora: …", with the problems found. */
export function SafetyStatement({ facts, now }: StatementProps) {
  const safety = assessSafety(facts, now);
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2 sm:flex-nowrap">
        <ToneMark tone={safety.tone} />
        <p className="min-w-0 text-base font-semibold sm:text-lg">
          <span className="font-normal text-muted">Se a produção parasse agora:</span>{" "}
          {safetyParts(safety, now).map((part, index) => (
            <span key={part}>
              {index > 0 && <span className="mx-1.5 hidden text-muted sm:inline">·</span>}
              <span className="block sm:inline-block">{part}</span>
            </span>
          ))}
        </p>
      </div>
      <Later>
        <ProblemList problems={safety.problems} facts={facts} now={now} />
      </Later>
      <Facts facts={facts} safety={safety} now={now} />
    </div>
  );
}

function ToneMark({ tone }: { tone: Safety["tone"] }) {
  const Icon = ICONS[tone];
  const colours: Tone = tone;
  return (
    <span
      className={classNames(
        "inline-flex shrink-0 items-center gap-1.5 rounded-md px-2 py-1 font-semibold",
        toneClasses(colours),
      )}
    >
      <Icon aria-hidden className="size-4" />
      {TONE_NAMES[tone]}
    </span>
  );
}

/** The facts behind the sentence. */
function Facts({ facts, safety, now }: { facts: OverviewFacts; safety: Safety; now: Date }) {
  const { newest, rto } = facts;
  if (newest === null) return null;
  return (
    <div className="space-y-0.5 text-muted">
      <p>
        {safety.problems.includes("newest_rejected")
          ? "Último backup da produção que conta: "
          : "Último backup da produção: "}
        <Instant at={newest.created_at} now={now} /> (<Instant
          at={newest.created_at}
          now={now}
          as="full"
        />), {newest.proven_at === null ? "ainda não ensaiado." : (
          <>
            <Later fallback="provado" failed="provado">
              <Term word="provado">provado</Term>
            </Later>{" "}
            num ensaio.
          </>
        )}
      </p>
      {safety.provenLossMs !== null && (
        <p>Contando só backups já provados, a perda seria de até {formatDuration(safety.provenLossMs)}.</p>
      )}
      {rto !== null && (
        <p>
          Tempo de volta medido em{" "}
          {formatCounted(rto.samples, "restauração ou ensaio", "restaurações e ensaios")}
          ; 9 em cada 10 levaram até {formatDuration(Math.max(rto.p90_ms, SHORTEST_MS))}.
        </p>
      )}
    </div>
  );
}
