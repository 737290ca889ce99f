/** One request from door to answer. Who asks is settled before what is asked is even read. */
import type { StatusRequest } from "@backup/api.ts";
import { type BackupError, toBackupError } from "@backup/errors.ts";
import type { Repository } from "@backup/github/facts.ts";
import { statusOf } from "@backup/messages.ts";
import { cancelRun } from "./cancel_run.ts";
import { corsHeaders, preflightResponse } from "./cors.ts";
import { type Config, readAllowedOrigins, readConfig, type ReadEnv } from "./env.ts";
import { readHealth } from "./health.ts";
import { bearerToken } from "./identity.ts";
import { explainRefusal, requirePermission } from "./permissions.ts";
import type { CallerDatabase, GitHub, RefusalLog, SilentRuns } from "./ports.ts";
import { createRefusalKeeper, type RefusalContext } from "./refusals.ts";
import { type ActionRequest, readActionRequest, requireConsent } from "./request.ts";
import { failureResponse, jsonResponse, RequestError } from "./responses.ts";
import { readStatus } from "./run_status.ts";
import { startRun } from "./start_run.ts";
import { answerWatch } from "./watch.ts";
import { WATCH_TOKEN_HEADER, type WatchCatalog } from "./watch_access.ts";

export interface HandlerDependencies {
  env: ReadEnv;
  connect: (config: Config) => (jwt: string) => CallerDatabase;
  github: (config: Config) => GitHub;
  repository: (config: Config) => Repository;
  refusals: RefusalLog;
  silentRuns: SilentRuns;
  watchCatalog: WatchCatalog;
  /** To the outside: the addresses that alarms are told to. */
  fetch: typeof fetch;
  newId: () => string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Receives what the operator has to know of a failure on our side; never the caller's. */
  logFailure: (error: BackupError) => void;
}

/** The function's request handler. The environment is read, and what all requests share is made, with it. */
export function createHandler(deps: HandlerDependencies): (request: Request) => Promise<Response> {
  const origins = readAllowedOrigins(deps.env);
  const neighbours = settled(() => connectNeighbours(deps));
  const keepRefusal = createRefusalKeeper({ ...deps, log: deps.refusals });
  return async (request) => {
    const cors = corsHeaders(request.headers.get("origin"), origins);
    if (request.method === "OPTIONS") return preflightResponse(cors);
    const seen: RefusalContext = { caller: null, asked: null };
    try {
      return jsonResponse(200, await answer(request, neighbours, deps, seen), cors);
    } catch (thrown) {
      const error = toBackupError(thrown);
      if (statusOf(error.code) >= 500) deps.logFailure(error);
      await keepRefusal(request, seen, error);
      return failureResponse(error, cors);
    }
  };
}

/** Made once for all requests: nothing of theirs stays in them. */
interface Neighbours {
  asCaller: (jwt: string) => CallerDatabase;
  github: GitHub;
  repository: Repository;
}

function connectNeighbours({ env, connect, github, repository }: HandlerDependencies): Neighbours {
  const config = readConfig(env);
  return { asCaller: connect(config), github: github(config), repository: repository(config) };
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
  neighbours: () => Neighbours,
  deps: HandlerDependencies,
  seen: RefusalContext,
): Promise<unknown> {
  if (request.method !== "POST") {
    throw new RequestError("method_not_allowed", `Cannot use ${request.method}: only POST is served`);
  }
  if (request.headers.has(WATCH_TOKEN_HEADER)) {
    return await answerWatch(request, { ...deps, repository: neighbours().repository });
  }
  const jwt = bearerToken(request.headers);
  const { asCaller, ...hub } = neighbours();
  const database = asCaller(jwt);
  seen.caller = await database.authenticate();
  const asked = seen.asked = await readActionRequest(request);
  requireConsent(asked);
  const parts = { ...deps, ...hub, database };
  // every open screen asks this again and again: the history's own check is enough
  if (asked.action === "status") {
    return await explainRefusal(database, asked.action, () => readStatus(asked, parts));
  }
  await requirePermission(database, asked.action);
  return await act(asked, parts);
}

type Granted =
  & Pick<HandlerDependencies, "env" | "newId" | "now" | "sleep" | "silentRuns" | "logFailure">
  & Pick<Neighbours, "github" | "repository">
  & { database: CallerDatabase };

async function act(asked: Exclude<ActionRequest, StatusRequest>, parts: Granted): Promise<unknown> {
  switch (asked.action) {
    case "cancel":
      return await cancelRun(asked, parts);
    case "health":
      return await readHealth(parts);
    default:
      return await startRun(asked, parts);
  }
}
