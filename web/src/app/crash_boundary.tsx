import { Component, type ReactNode } from "react";
import { Button } from "../components/ui/button.tsx";
import { FullPage } from "./full_page.tsx";

interface CrashBoundaryState {
  error: Error | null;
}

/** Shows a message instead of a blank page when rendering throws. */
export class CrashBoundary extends Component<{ children: ReactNode }, CrashBoundaryState> {
  override state: CrashBoundaryState = { error: null };

  static getDerivedStateFromError(error: unknown): CrashBoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <FullPage title="A tela parou por um erro">
        <p>Os backups não são afetados. Recarregue a página; se repetir, avise quem administra o sistema.</p>
        <code className="block text-xs wrap-anywhere">{error.message}</code>
        <Button variant="primary" onClick={() => location.reload()}>Recarregar</Button>
      </FullPage>
    );
  }
}
