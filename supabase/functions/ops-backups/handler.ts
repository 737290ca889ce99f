/** One request from door to answer. Who asks is settled before what is asked is even read. */
import { type BackupError, toBackupError } from "../_shared/backup/errors.ts";
import { statusOf } from "../_shared/backup/messages.ts";
import { corsHeaders, preflightResponse } from "./cors.ts";
import { type Config, readAllowedOrigins, readConfig, type ReadEnv } from "./env.ts";
import { bearerToken } from "./identity.ts";
import { requirePermission } from "./permissions.ts";
import type { CallerDatabase, GitHub } from "./ports.ts";
import { readAsked } from "./request.ts";
import { failureResponse, jsonResponse, RequestError } from "./responses.ts";
import { readStatus } from "./run_status.ts";
import { startRun } from "./start_run.ts";

export interface HandlerDependencies {
  env: ReadEnv;
  connect: (config: Config, jwt: string) => CallerDatabase;
  github: (config: Config) => GitHub;
  newId: () => string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Receives what the operator has to know of a failure on our side; never the caller's. */
  logFailure: (error: BackupError) => void;
}

/** The function's request handler. The environment is read when it is made. */
export function createHandler(deps: HandlerDependencies): (request: Request) => Promise<Response> {
  const origins = readAllowedOrigins(deps.env);
  const settings = settled(() => readConfig(deps.env));
  return async (request) => {
    const cors = corsHeaders(request.headers.get("origin"), origins);
    if (request.method === "OPTIONS") return preflightResponse(cors);
    try {
      return jsonResponse(200, await answer(request, settings, deps), cors);
    } catch (thrown) {
      const error = toBackupError(thrown);
      if (statusOf(error.code) >= 500) deps.logFailure(error);
      return failureResponse(error, cors);
    }
  };
}

/** Computes once; a failure is thrown at each use instead. */
function settled<T>(compute: () => T): () => T {
  try {
    const value = compute();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function answer(request: Request, settings: () => Config, deps: HandlerDependencies): Promise<unknown> {
  if (request.method !== "POST") {
    throw new RequestError("method_not_allowed", `Cannot use ${request.method}: only POST is served`);
  }
  const jwt = bearerToken(request.headers);
  const config = settings();
  const database = deps.connect(config, jwt);
  await database.authenticate();
  const asked = await readAsked(request);
  await requirePermission(database, asked.action);
  const parts = { ...deps, database, github: deps.github(config) };
  return asked.action === "status" ? await readStatus(asked, parts) : await startRun(asked, parts);
}
