import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import { type ReactElement, type ReactNode, useContext, useState } from "react";
import { classNames } from "../../lib/class_names.ts";
import { LayerContext } from "./layer.ts";

interface DialogProps {
  title: string;
  description: string;
  /** A link beside the button that closes it. */
  help: ReactElement;
  children: ReactNode;
  onClose(): void;
  /** While `true`, neither Escape nor a click outside closes it: a request is pending. */
  locked?: boolean;
  /** A wider dialog, for tables. */
  wide?: boolean;
  /** `side` is placed at the right edge, is for reading, and closes with a click outside. */
  placement?: keyof typeof PLACEMENTS;
}

/** A dialog opened from a side sheet covers it: same z-index, later in the document. */
const PLACEMENTS = {
  center:
    "inset-x-0 bottom-0 z-50 mx-auto max-h-[94dvh] rounded-t-xl border sm:inset-y-0 sm:my-auto sm:h-fit sm:rounded-xl",
  side: "inset-y-0 right-0 z-40 border-l",
} as const;

/** A modal dialog that is open as long as it is mounted. Focus is trapped in it and restored when it closes. */
export function Dialog(
  { title, description, help, children, onClose, locked = false, wide = false, placement = "center" }:
    DialogProps,
) {
  const [opener] = useState(() => document.activeElement);
  const change = (open: boolean) => {
    if (!open && !locked) onClose();
  };
  const giveFocusBack = (event: Event) => {
    event.preventDefault();
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  };
  return (
    <Primitive.Root open onOpenChange={change}>
      <Primitive.Portal container={useContext(LayerContext)}>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Primitive.Content
          onCloseAutoFocus={giveFocusBack}
          onEscapeKeyDown={(event) => {
            // Escape closes the explanation of a word first
            if (event.target instanceof Element && event.target.matches("[data-explained]")) {
              event.preventDefault();
            }
          }}
          onInteractOutside={(event) => {
            if (placement === "center") event.preventDefault();
          }}
          className={classNames(
            "fixed flex w-full flex-col border-line bg-surface shadow-xl",
            PLACEMENTS[placement],
            wide ? "max-w-2xl" : "max-w-xl",
          )}
        >
          <header className="flex items-start gap-4 border-b border-line px-5 py-4 low:py-2">
            <div className="min-w-0 flex-1 low:flex low:flex-wrap low:items-baseline low:gap-x-3">
              <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
              <Primitive.Description className="mt-0.5 text-muted">{description}</Primitive.Description>
            </div>
            <Primitive.Close
              aria-label="Fechar"
              disabled={locked}
              className="order-last -mt-1 -mr-2 -ml-3 rounded-md p-2 text-muted enabled:hover:bg-sunken disabled:opacity-50"
            >
              <X aria-hidden className="size-5" />
            </Primitive.Close>
            {/* after the button, which gets the focus of a dialog that opens */}
            {help}
          </header>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/** The part of a dialog that scrolls. */
export function DialogBody({ children }: { children: ReactNode }) {
  return <div className="min-h-0 flex-1 space-y-5 overflow-y-auto px-5 py-4">{children}</div>;
}

/** The buttons of a dialog, always visible; the primary action comes last. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return (
    <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3 low:gap-1.5 low:py-2 low:[&_button]:min-h-8">
      {children}
    </footer>
  );
}
