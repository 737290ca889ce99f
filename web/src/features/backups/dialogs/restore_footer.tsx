import type { Target } from "@backup/target.ts";
import { Button } from "../../../components/ui/button.tsx";
import { DialogFooter } from "../../../components/ui/dialog.tsx";
import type { Planning } from "./use_planning.ts";
import { targetName } from "../text/labels.ts";

export type RestoreStep = "target" | "plan" | "confirm";

interface RestoreFooterProps {
  step: RestoreStep;
  /** Whether this is the first step. */
  first: boolean;
  target: Target;
  planning: Planning;
  /** What is missing to complete this step, `null` when complete. */
  missing: string | null;
  /** Whether the backup may be read, for a simulation. */
  mayRead: boolean;
  valid: boolean;
  pending: boolean;
  onBack(): void;
}

/** The buttons of a step; the primary action comes last and names its target. */
export function RestoreFooter(props: RestoreFooterProps) {
  const { step, first, target, planning, missing, mayRead, valid, pending, onBack } = props;
  const described = missing === null ? undefined : "restore-missing";
  return (
    <DialogFooter>
      {missing !== null && (
        <p id="restore-missing" className="flex-1 basis-full text-muted sm:basis-0">{missing}</p>
      )}
      <Button onClick={onBack} disabled={pending}>{first ? "Cancelar" : "Voltar"}</Button>
      {step === "plan" && <SimulateButton planning={planning} mayRead={mayRead} wanted={missing !== null} />}
      {step !== "confirm"
        ? (
          <Button
            key="next"
            type="submit"
            variant="primary"
            disabled={missing !== null}
            aria-describedby={described}
          >
            {step === "plan" && planning.state.state !== "fresh" && target !== "prod"
              ? "Continuar sem simular"
              : "Continuar"}
          </Button>
        )
        : (
          <Button
            key="restore"
            type="submit"
            variant={target === "prod" ? "danger" : "primary"}
            pending={pending}
            disabled={missing !== null || !valid}
            aria-describedby={described}
          >
            Restaurar em {targetName(target)}
          </Button>
        )}
    </DialogFooter>
  );
}

function SimulateButton(
  { planning, mayRead, wanted }: { planning: Planning; mayRead: boolean; wanted: boolean },
) {
  const { state, submission, simulate } = planning;
  return (
    <Button
      variant={wanted ? "primary" : "secondary"}
      disabled={!mayRead}
      pending={submission.pending || state.state === "running"}
      onClick={simulate}
    >
      {state.state === "none" || state.state === "running" ? "Simular" : "Simular de novo"}
    </Button>
  );
}
