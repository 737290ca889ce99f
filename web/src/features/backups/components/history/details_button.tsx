import { PanelRightOpen } from "lucide-react";
import { Button } from "../../../../components/ui/button.tsx";

/** Opens the details of a backup; `what` tells which to whoever cannot see the row. */
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
