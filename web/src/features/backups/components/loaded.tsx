import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "../../../components/ui/button.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { Skeleton } from "../../../components/ui/skeleton.tsx";
import { formatInstant } from "../../../lib/format.ts";
import { toScreenError } from "../data/screen_error.ts";
import { ErrorPanel } from "./error_panel.tsx";

interface LoadedProps<Data> {
  query: UseQueryResult<Data, Error>;
  /** Shown while loading: `Carregando o histórico`. */
  loading: string;
  /** Shown after an error: `Não foi possível carregar o histórico.` */
  failed: string;
  /** The number of lines of the skeleton. */
  lines: number;
  children(data: Data): ReactNode;
}

/** The states of a query in order: pending, error, data. After a failed refetch the old data stays, with a warning. */
export function Loaded<Data>({ query, loading, failed, lines, children }: LoadedProps<Data>) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (query.isError) {
      return <ErrorPanel title={failed} error={query.error} onRetry={retry} retrying={query.isFetching} />;
    }
    return <Skeleton lines={lines} label={loading} />;
  }
  return (
    <>
      {query.isError && (
        <div className="p-3">
          <Notice
            tone="warn"
            title={`Dados de ${formatInstant(new Date(query.dataUpdatedAt))}; a atualização falhou.`}
            action={<Button size="small" onClick={retry} pending={query.isFetching}>Tentar de novo</Button>}
          >
            {toScreenError(query.error).message}
          </Notice>
        </div>
      )}
      {children(query.data)}
    </>
  );
}
