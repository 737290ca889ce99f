import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { classNames } from "../../lib/class_names.ts";

const VARIANTS = {
  primary: "bg-accent text-on-accent border-transparent enabled:hover:bg-accent-strong",
  danger: "bg-bad text-on-bad border-transparent enabled:hover:bg-bad-strong",
  secondary: "bg-surface text-ink border-edge enabled:hover:bg-sunken",
  quiet: "text-accent border-transparent enabled:hover:bg-sunken",
} as const;

const SIZES = { regular: "min-h-10 px-4", small: "min-h-8 px-3" } as const;

/** The classes of a button, also for links that act as one. */
export function buttonClasses(
  variant: keyof typeof VARIANTS = "secondary",
  size: keyof typeof SIZES = "regular",
): string {
  return classNames(
    "inline-flex shrink-0 items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap",
    "transition-colors disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken disabled:text-muted",
    VARIANTS[variant],
    SIZES[size],
  );
}

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
  /** Shows that a request is pending; the button is disabled meanwhile. */
  pending?: boolean;
}

/** A button. @default type "button" */
export function Button({ variant, size, pending = false, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || pending}
      aria-busy={pending || undefined}
      className={classNames(buttonClasses(variant, size), className)}
    >
      {pending && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}
