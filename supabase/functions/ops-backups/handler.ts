/** Handles one request. The caller is authenticated before the body is read. */
import type { StatusRequest } from "@backup/api.ts";
import { type BackupError, toBackupError } from "@backup/errors.ts";
import type { Repository } from "@backup/github/facts.ts";
import { statusOf } from "@backup/messages.ts";
import { cancelRun } from "./cancel_run.ts";
import { clientHeadersOf, type Cors, corsHeaders, preflightResponse, readCors } from "./cors.ts";
import { giveLinks, readFeatures } from "./download.ts";
import { type Config, readConfig, type ReadEnv } from "./env.ts";
import { readHealth } from "./health.ts";
import { bearerToken } from "./identity.ts";
import { explainRefusal, requirePermission } from "./permissions.ts";
import type { CallerDatabase, GitHub, RefusalLog, SilentRuns } from "./ports.ts";
import { createRefusalKeeper, type RefusalContext } from "./refusals.ts";
import { type ActionRequest, readActionRequest, requireConsent } from "./request.ts";
import { failureResponse, jsonResponse, RequestError } from "./responses.ts";
import { createPassOffice, type PassOffice, RUN_PASS_HEADER } from "./run_pass.ts";
import { readLog } from "./run_log.ts";
import { readStatus } from "./run_status.ts";
import { startLook, takeAnswer, withdrawLook } from "./look.ts";
import { startRun } from "./start_run.ts";
import { answerWatch } from "./watch.ts";
import { WATCH_TOKEN_HEADER, type WatchCatalog } from "./watch_access.ts";
import { answerWithPass } from "./with_pass.ts";

export interface HandlerDependencies {
  env: ReadEnv;
  connect: (config: Config) => (jwt: string, clientHeaders?: Record<string, string>) => CallerDatabase;
  github: (config: Config) => GitHub;
  repository: (config: Config) => Repository;
  refusals: RefusalLog;
  silentRuns: SilentRuns;
  watchCatalog: WatchCatalog;
  /** For the addresses that alarms are sent to. */
  fetch: typeof fetch;
  newId: () => string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Receives failures of the service, not those of the caller. */
  logFailure: (error: BackupError) => void;
}

/** The function's request handler. Reads the environment and makes the shared clients once. */
export function createHandler(deps: HandlerDependencies): (request: Request) => Promise<Response> {
  const settings = readCors(deps.env);
  const clients = settled(() => connectClients(deps));
  const keepRefusal = createRefusalKeeper({ ...deps, log: deps.refusals });
  return async (request) => {
    const cors = corsHeaders(request.headers.get("origin"), settings);
    if (request.method === "OPTIONS") return preflightResponse(cors, settings);
    const context: RefusalContext = { caller: null, actionRequest: null };
    try {
      return jsonResponse(200, await answer(request, clients, { ...deps, settings }, context), cors);
    } catch (thrown) {
      const error = toBackupError(thrown);
      if (statusOf(error.code) >= 500) deps.logFailure(error);
      await keepRefusal(request, context, error);
      return failureResponse(error, cors);
    }
  };
}

/** Made once for all requests; they keep no state of a request. */
interface Clients {
  asCaller: (jwt: string, clientHeaders?: Record<string, string>) => CallerDatabase;
  github: GitHub;
  repository: Repository;
  passes: PassOffice;
}

function connectClients({ env, connect, github, repository, now }: HandlerDependencies): Clients {
  const config = readConfig(env);
  const passes = createPassOffice(config.githubToken, now);
  return { asCaller: connect(config), github: github(config), repository: repository(config), passes };
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
  clients: () => Clients,
  deps: HandlerDependencies & { settings: Cors },
  context: RefusalContext,
): Promise<unknown> {
  if (request.method !== "POST") {
    throw new RequestError("method_not_allowed", `Cannot use ${request.method}: only POST is served`);
  }
  if (request.headers.has(WATCH_TOKEN_HEADER)) {
    return await answerWatch(request, { ...deps, repository: clients().repository });
  }
  if (request.headers.has(RUN_PASS_HEADER)) return await answerWithPass(request, { ...deps, ...clients() });
  const jwt = bearerToken(request.headers);
  const { asCaller, ...gitHubClients } = clients();
  const database = asCaller(jwt, clientHeadersOf(request.headers, deps.settings));
  context.caller = await database.authenticate();
  const actionRequest = context.actionRequest = await readActionRequest(request);
  requireConsent(actionRequest);
  const parts = { ...deps, ...gitHubClients, database };
  // open screens poll this: the permission check of the list is enough
  if (actionRequest.action === "status") {
    return await explainRefusal(database, actionRequest.action, () => readStatus(actionRequest, parts));
  }
  await requirePermission(database, actionRequest.action);
  return await act(actionRequest, parts);
}

type Granted =
  & Pick<HandlerDependencies, "env" | "fetch" | "newId" | "now" | "sleep" | "silentRuns" | "logFailure">
  & Pick<Clients, "github" | "repository" | "passes">
  & { database: CallerDatabase };

async function act(actionRequest: Exclude<ActionRequest, StatusRequest>, parts: Granted): Promise<unknown> {
  switch (actionRequest.action) {
    case "cancel":
      return await cancelRun(actionRequest, parts);
    case "health":
      return await readHealth(parts);
    case "log":
      return await readLog(actionRequest, parts);
    case "features":
      return readFeatures(parts);
    case "download":
      return await giveLinks(actionRequest, parts);
    case "look":
      return await startLook(actionRequest, parts);
    case "look_answer":
      return await takeAnswer(actionRequest, parts);
    case "look_withdraw":
      return await withdrawLook(actionRequest, parts);
    default:
      return await startRun(actionRequest, parts);
  }
}
