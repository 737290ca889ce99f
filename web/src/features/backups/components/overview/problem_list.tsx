import type { Problem } from "../../model/overview.ts";
import type { OverviewFacts } from "../../model/overview_facts.ts";
import { problemText } from "../../text/problem_text.ts";

interface ProblemListProps {
  problems: readonly Problem[];
  facts: OverviewFacts;
  now: Date;
}

/** Each problem, and what to do about it. */
export default function ProblemList({ problems, facts, now }: ProblemListProps) {
  return (
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
  );
}
