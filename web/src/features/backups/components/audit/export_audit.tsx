import { Download } from "lucide-react";
import { useMutation } from "@tanstack/react-query";
import { Button } from "../../../../components/ui/button.tsx";
import { readWholeAudit } from "../../data/audit.ts";
import { useGateway } from "../../data/gateway.tsx";
import { csvText } from "../../model/csv.ts";
import { AUDIT_COLUMNS, auditCells } from "../../text/audit_text.ts";
import { toScreenError } from "../../data/screen_error.ts";

/** Saves every record of the chosen event as a CSV file, older ones than those on the page too. */
export function ExportAudit({ event }: { event: string | null }) {
  const gateway = useGateway();
  const exporting = useMutation({
    networkMode: "always",
    mutationFn: async () => {
      const entries = await readWholeAudit(gateway, event);
      save(csvText(AUDIT_COLUMNS, entries.map(auditCells)), `quem-fez-o-que_${today()}.csv`);
    },
  });
  return (
    <>
      <Button size="small" pending={exporting.isPending} onClick={() => exporting.mutate()}>
        <Download aria-hidden className="size-4" />
        Baixar CSV
      </Button>
      {exporting.isError && (
        <span role="alert" className="text-bad">
          O arquivo não foi feito: {toScreenError(exporting.error).message}
        </span>
      )}
    </>
  );
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
