import { type ComponentPropsWithoutRef, forwardRef, type ReactNode, useId } from "react";
import { classNames } from "../../lib/class_names.ts";

/** The attributes that connect a control to the label, hint and error of its {@link Field}. */
export interface FieldControl {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

interface FieldProps {
  label: string;
  optional?: boolean;
  hint?: ReactNode;
  error?: string;
  children(control: FieldControl): ReactNode;
}

/** A labelled control with its hint and its error. */
export function Field({ label, optional = false, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(
    Boolean,
  );
  const control: FieldControl = {
    id,
    "aria-describedby": described.length > 0 ? described.join(" ") : undefined,
    "aria-invalid": error === undefined ? undefined : true,
  };
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block font-medium">
        {label}
        {optional && <span className="ml-1 font-normal text-muted">(opcional)</span>}
      </label>
      {children(control)}
      {error !== undefined && <p id={`${id}-error`} className="text-bad">{error}</p>}
      {hint !== undefined && <p id={`${id}-hint`} className="text-muted">{hint}</p>}
    </div>
  );
}

const CONTROL = "w-full rounded-md border border-edge bg-surface px-3 py-2 text-ink " +
  "placeholder:text-muted aria-invalid:border-bad disabled:bg-sunken disabled:text-muted";

interface InputProps extends ComponentPropsWithoutRef<"input"> {
  /** As high as a {@link Select}: for rows of filters. */
  compact?: boolean;
}

// React 18, which a host may have, passes no `ref` to a component without forwardRef
export const Input = forwardRef<HTMLInputElement, InputProps>(function Input(
  { className, compact = false, ...rest },
  ref,
) {
  return (
    <input
      {...rest}
      ref={ref}
      className={classNames(CONTROL, compact ? "h-9" : "min-h-10", className)}
    />
  );
});

export const TextArea = forwardRef<HTMLTextAreaElement, ComponentPropsWithoutRef<"textarea">>(
  function TextArea({ className, ...rest }, ref) {
    return <textarea rows={2} {...rest} ref={ref} className={classNames(CONTROL, className)} />;
  },
);

export function Select({ className, ...rest }: ComponentPropsWithoutRef<"select">) {
  return <select {...rest} className={classNames(CONTROL, "min-h-9 w-auto py-1", className)} />;
}
