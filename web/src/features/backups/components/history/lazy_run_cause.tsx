import { lazy } from "react";
import { runTitle } from "../../text/labels.ts";
import { Later } from "../later.tsx";
import type { RunCauseProps } from "./run_cause.tsx";

const Loaded = lazy(() => import("./run_cause.tsx"));

/** A run's cause, whose sentences are loaded after the first view: until then its title alone. */
export function RunCause(props: RunCauseProps) {
  return (
    <Later fallback={<strong className="font-semibold">{runTitle(props.run)}</strong>}>
      <Loaded {...props} />
    </Later>
  );
}
