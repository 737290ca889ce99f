import { type ComponentPropsWithoutRef, type ForwardedRef, forwardRef, type ReactNode } from "react";
import { classNames } from "../../lib/class_names.ts";

interface ChoiceGroupProps {
  legend: string;
  /** Columns on wide screens; narrow screens have one. */
  columns?: 2 | 3;
  children: ReactNode;
}

const COLUMNS = { 2: "grid gap-2 sm:grid-cols-2", 3: "grid gap-2 sm:grid-cols-3" } as const;

/** A radio group of {@link Choice}s with a legend. */
export function ChoiceGroup({ legend, columns, children }: ChoiceGroupProps) {
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{legend}</legend>
      <div className={columns === undefined ? "space-y-2" : COLUMNS[columns]}>{children}</div>
    </fieldset>
  );
}

interface ChoiceProps extends Omit<ComponentPropsWithoutRef<"input">, "type"> {
  label: string;
  hint?: string;
  /** Marked as dangerous. */
  danger?: boolean;
}

/** One option of a group: a radio button whose whole card is clickable. */
export const Choice = forwardRef<HTMLInputElement, ChoiceProps>(function Choice(props, ref) {
  return <Card {...props} input={ref} type="radio" />;
});

/** A setting that is on or off: a checkbox whose whole card is clickable. */
export const Check = forwardRef<HTMLInputElement, ChoiceProps>(function Check(props, ref) {
  return <Card {...props} input={ref} type="checkbox" />;
});

interface CardProps extends ChoiceProps {
  type: "radio" | "checkbox";
  input: ForwardedRef<HTMLInputElement>;
}

function Card({ label, hint, danger = false, type, input, ...rest }: CardProps) {
  return (
    <label
      className={classNames(
        "flex cursor-pointer items-start gap-3 rounded-md border p-3 has-focus-visible:outline-2",
        "has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
        danger
          ? "border-bad/60 has-checked:border-bad has-checked:bg-bad-soft"
          : "border-line has-checked:border-accent has-checked:bg-sunken",
      )}
    >
      <input
        {...rest}
        ref={input}
        type={type}
        className={classNames(
          "mt-0.5 size-4 shrink-0 focus-visible:outline-none",
          danger ? "accent-bad" : "accent-accent",
        )}
      />
      <span className="min-w-0">
        <span className={classNames("block font-medium", danger && "text-bad")}>{label}</span>
        {hint !== undefined && <span className="block text-muted">{hint}</span>}
      </span>
    </label>
  );
}
