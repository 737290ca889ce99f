/** An error as PostgREST words it; our functions put their code into `hint`. */
export interface PostgrestFailure {
  code: string;
  message: string;
  hint: string | null;
}

interface RpcAnswer {
  data: unknown;
  error: PostgrestFailure | null;
  /** HTTP status, 0 when nobody answered. */
  status: number;
}

/** What the feature needs of the host's Supabase client; supabase-js's own has it. */
export interface BackupsClient {
  rpc(
    name: string,
    args: Record<string, unknown>,
  ): { abortSignal(signal: AbortSignal): PromiseLike<RpcAnswer> };
  functions: {
    invoke(
      name: string,
      options: { body: object; signal: AbortSignal },
    ): Promise<{ data: unknown; error: unknown }>;
  };
}
