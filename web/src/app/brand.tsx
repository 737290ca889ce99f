/** The product's name and mark. */
export function Brand() {
  return (
    <p className="flex items-center gap-2 font-semibold">
      <svg viewBox="0 0 32 32" aria-hidden="true" className="size-6 shrink-0">
        <rect width="32" height="32" rx="7" className="fill-accent" />
        <path
          d="M9 11h14M9 16h14M9 21h9"
          className="stroke-on-accent"
          strokeWidth="2.6"
          strokeLinecap="round"
        />
      </svg>
      Revo ERP
    </p>
  );
}
