import { PanelRightOpen } from "lucide-react";
import { Button } from "../../../../components/ui/button.tsx";

/** Opens the details of a backup; `what` names it for screen readers. */
export function DetailsButton({ what, onOpen }: { what: string; onOpen(): void }) {
  return (
    <Button
      variant="quiet"
      size="small"
      aria-haspopup="dialog"
      aria-label={`Detalhes (${what})`}
      onClick={onOpen}
    >
      <PanelRightOpen aria-hidden className="size-4" />
      Detalhes
    </Button>
  );
}
