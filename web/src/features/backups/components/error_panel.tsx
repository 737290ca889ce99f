import { Button } from "../../../components/ui/button.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { toScreenError } from "../data/screen_error.ts";
import { Help } from "./help.tsx";

interface ErrorPanelProps {
  /** What failed, as a sentence. */
  title: string;
  error: unknown;
  onRetry?(): void;
  retrying?: boolean;
}

/** A failure with its cause, its technical detail and a retry button. */
export function ErrorPanel({ title, error, onRetry, retrying = false }: ErrorPanelProps) {
  const { message, detail } = toScreenError(error);
  return (
    <Notice
      tone="bad"
      title={title}
      urgent
      action={onRetry && <Button size="small" onClick={onRetry} pending={retrying}>Tentar de novo</Button>}
    >
      <p>{message}</p>
      {detail !== null && <TechnicalDetail text={detail} />}
      <Help alone page="erros.md">O que fazer</Help>
    </Notice>
  );
}

/** Technical text for support, collapsed. */
export function TechnicalDetail({ text }: { text: string }) {
  return (
    <details>
      <summary className="w-fit rounded py-1 text-xs text-muted underline underline-offset-2">
        Detalhe técnico
      </summary>
      <code className="mt-1 block text-xs wrap-anywhere whitespace-pre-wrap">{text}</code>
    </details>
  );
}
