import type { ScreenError } from "../data/screen_error.ts";
import { ErrorPanel } from "../components/error_panel.tsx";

/** Why a request was not accepted; after a timeout, that repeating it is safe. */
export function Refusal({ error }: { error: ScreenError | null }) {
  if (error === null) return null;
  return (
    <>
      <ErrorPanel title="O pedido não foi aceito." error={error} />
      {error.unclear && (
        <p className="text-muted">
          Repetir é seguro: o mesmo pedido não é feito duas vezes.
        </p>
      )}
    </>
  );
}
