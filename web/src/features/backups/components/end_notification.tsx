import { BellRing } from "lucide-react";
import { useState } from "react";
import { Button } from "../../../components/ui/button.tsx";

/** Whether the browser can show notifications and the user was not asked yet. */
function canAsk(): boolean {
  return "Notification" in globalThis && Notification.permission === "default";
}

/** Asks the browser's permission for a notification at the end of a run; nothing once it was answered. */
export function NotifyAtEnd() {
  const [shown, setShown] = useState(canAsk);
  if (!shown) return null;
  return (
    <Button
      variant="quiet"
      size="small"
      onClick={() => void Notification.requestPermission().finally(() => setShown(canAsk()))}
    >
      <BellRing aria-hidden className="size-4" />
      Avisar ao terminar
    </Button>
  );
}
