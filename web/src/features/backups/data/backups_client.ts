/** An error of PostgREST; the catalog's functions put their error code into `hint`. */
export interface PostgrestFailure {
  code: string;
  message: string;
  hint: string | null;
}

interface RpcAnswer {
  data: unknown;
  error: PostgrestFailure | null;
  /** HTTP status, 0 when there was no response. */
  status: number;
}

/** The part of the Supabase client that the feature uses; supabase-js's client satisfies it. */
export interface BackupsClient {
  rpc(
    name: string,
    args: Record<string, unknown>,
  ): { abortSignal(signal: AbortSignal): PromiseLike<RpcAnswer> };
  functions: {
    invoke(
      name: string,
      options: { body: object; signal: AbortSignal; headers?: Record<string, string> },
    ): Promise<{ data: unknown; error: unknown }>;
  };
}
