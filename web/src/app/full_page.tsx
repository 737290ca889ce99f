import type { ReactNode } from "react";
import { Brand } from "./brand.tsx";

/** A page that shows a single message. */
export function FullPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-5 px-4 py-10">
      <title>{`${title} · Revo ERP`}</title>
      <Brand />
      <section className="space-y-4 rounded-lg border border-line bg-surface p-5">
        <h1 className="text-lg font-semibold">{title}</h1>
        {children}
      </section>
    </main>
  );
}
