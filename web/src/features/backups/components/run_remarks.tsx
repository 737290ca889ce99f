import type { Run } from "@backup/runs/run.ts";
import { remarksOf } from "../model/run_remarks.ts";

/** What a restore did not bring back as it was, and its warnings, collapsed; nothing where there are none. */
export default function RunRemarks({ run }: { run: Run }) {
  const { losses, warnings } = remarksOf(run);
  return (
    <>
      <Remarks title="O que não voltou como era" texts={losses} />
      <Remarks title="Avisos da restauração" texts={warnings} />
    </>
  );
}

function Remarks({ title, texts }: { title: string; texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <details className="mt-1">
      <summary className="w-fit rounded underline underline-offset-2">{title} ({texts.length})</summary>
      <p className="mt-1 text-xs text-muted">
        Em inglês, como a execução os escreve; envie a quem cuida do sistema.
      </p>
      <ul className="mt-1 list-disc space-y-0.5 pl-5 text-xs">
        {texts.map((text, i) => <li key={i} className="wrap-anywhere">{text}</li>)}
      </ul>
    </details>
  );
}
