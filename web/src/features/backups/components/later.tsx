import { Component, type ReactNode, Suspense, useEffect, useRef } from "react";
import { Button } from "../../../components/ui/button.tsx";
import { Notice } from "../../../components/ui/notice.tsx";

interface LaterProps {
  children: ReactNode;
  /** Shown while the code is loaded. */
  fallback?: ReactNode;
  /** Shown when the part failed. Default: a message with a button that reloads the page. */
  failed?: ReactNode;
}

/**
 * A part whose code is loaded after the page. When it cannot be loaded, as without a connection or after a deployment that
 * replaced the files, or when it fails while it renders, the rest of the page stays.
 */
export class Later extends Component<LaterProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    const { children, fallback = null, failed = <NotLoaded /> } = this.props;
    return this.state.failed ? failed : <Suspense fallback={fallback}>{children}</Suspense>;
  }
}

interface NotLoadedProps {
  title?: string;
  children?: ReactNode;
}

/** Says that a part could not be shown, and reloads the page. */
export function NotLoaded(
  {
    title = "Não foi possível mostrar esta parte da tela.",
    children =
      "Ela pode ter sido atualizada enquanto estava aberta, ou a conexão caiu; se repetir, avise quem cuida do sistema. O que já está à vista continua valendo.",
  }: NotLoadedProps,
) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    <div ref={place}>
      <Notice
        tone="warn"
        urgent
        title={title}
        action={<Button size="small" onClick={() => location.reload()}>Recarregar a página</Button>}
      >
        {children}
      </Notice>
    </div>
  );
}
