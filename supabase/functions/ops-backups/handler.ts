/** One request from door to answer. Who asks is settled before what is asked is even read. */
import { type BackupError, toBackupError } from "../_shared/backup/errors.ts";
import { statusOf } from "../_shared/backup/messages.ts";
import { cancelRun } from "./cancel_run.ts";
import { corsHeaders, preflightResponse } from "./cors.ts";
import { type Config, readAllowedOrigins, readConfig, type ReadEnv } from "./env.ts";
import { readHealth } from "./health.ts";
import { bearerToken } from "./identity.ts";
import { requirePermission } from "./permissions.ts";
import type { CallerDatabase, GitHub, RefusalLog, Repository } from "./ports.ts";
import { createRefusalKeeper, type Seen } from "./refusals.ts";
import { type Asked, readAsked, requireConsent } from "./request.ts";
import { failureResponse, jsonResponse, RequestError } from "./responses.ts";
import { readStatus } from "./run_status.ts";
import { startRun } from "./start_run.ts";

export interface HandlerDependencies {
  env: ReadEnv;
  connect: (config: Config, jwt: string) => CallerDatabase;
  github: (config: Config) => GitHub;
  repository: (config: Config) => Repository;
  refusals: RefusalLog;
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
  const keepRefusal = createRefusalKeeper({ ...deps, log: deps.refusals });
  return async (request) => {
    const cors = corsHeaders(request.headers.get("origin"), origins);
    if (request.method === "OPTIONS") return preflightResponse(cors);
    const seen: Seen = { caller: null, asked: null };
    try {
      return jsonResponse(200, await answer(request, settings, deps, seen), cors);
    } catch (thrown) {
      const error = toBackupError(thrown);
      if (statusOf(error.code) >= 500) deps.logFailure(error);
      await keepRefusal(request, seen, error);
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

async function answer(
  request: Request,
  settings: () => Config,
  deps: HandlerDependencies,
  seen: Seen,
): Promise<unknown> {
  if (request.method !== "POST") {
    throw new RequestError("method_not_allowed", `Cannot use ${request.method}: only POST is served`);
  }
  const jwt = bearerToken(request.headers);
  const config = settings();
  const database = deps.connect(config, jwt);
  seen.caller = await database.authenticate();
  const asked = seen.asked = await readAsked(request);
  requireConsent(asked);
  await requirePermission(database, asked.action);
  return await act(asked, { config, database, deps });
}

interface Granted {
  config: Config;
  database: CallerDatabase;
  deps: HandlerDependencies;
}

async function act(asked: Asked, { config, database, deps }: Granted): Promise<unknown> {
  const parts = { ...deps, database, github: deps.github(config) };
  switch (asked.action) {
    case "status":
      return await readStatus(asked, parts);
    case "cancel":
      return await cancelRun(asked, parts);
    case "health":
      return await readHealth({ ...parts, repository: deps.repository(config) });
    default:
      return await startRun(asked, parts);
  }
}
