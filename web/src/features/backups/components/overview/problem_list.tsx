import { CircleCheck, CircleDashed, CircleHelp } from "lucide-react";
import { useReports } from "../../data/health.ts";
import type { Problem } from "../../model/overview.ts";
import type { OverviewFacts } from "../../model/overview_facts.ts";
import { type FirstStep, firstSteps, isNew } from "../../text/first_steps.ts";
import { problemText } from "../../text/problem_text.ts";
import { HelpLink } from "../help_link.tsx";

interface ProblemListProps {
  problems: readonly Problem[];
  facts: OverviewFacts;
  now: Date;
}

/** Each problem, and what to do about it; in a new installation the first steps too. Nothing where all is done. */
export default function ProblemList({ problems, facts, now }: ProblemListProps) {
  const reports = useReports().data;
  const steps = isNew(facts, reports) ? firstSteps(facts, reports) : null;
  if (problems.length === 0) return steps && <FirstSteps steps={steps} />;
  return (
    <>
      <ul className="space-y-1.5">
        {problems.map((problem) => {
          const { what, todo } = problemText(problem, facts, now);
          return (
            <li key={problem}>
              <strong className="font-semibold">{what}</strong> {todo}
            </li>
          );
        })}
      </ul>
      {steps === null
        ? <HelpLink page="avisos.md">O que fazer em cada caso</HelpLink>
        : <FirstSteps steps={steps} />}
    </>
  );
}

/** What a new installation has done, and what it still has to do. */
function FirstSteps({ steps }: { steps: readonly FirstStep[] }) {
  return (
    <section aria-labelledby="primeiros-passos" className="space-y-1 rounded-md border border-line p-3">
      <h3 id="primeiros-passos" className="font-semibold">Primeiros passos</h3>
      <ol className="space-y-1">
        {steps.map(({ name, done, todo }) => (
          <li key={name} className="flex items-start gap-2">
            <StepIcon done={done} />
            <span className={done ? "text-muted" : undefined}>
              <span className="font-medium">{name}.</span> {done ? "Feito." : todo}
            </span>
          </li>
        ))}
      </ol>
      <HelpLink page="primeiros-passos.md">Primeiros passos, no guia</HelpLink>
    </section>
  );
}

function StepIcon({ done }: { done: boolean | null }) {
  if (done === null) return <CircleHelp aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />;
  return done
    ? <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-ok" />
    : <CircleDashed aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />;
}
