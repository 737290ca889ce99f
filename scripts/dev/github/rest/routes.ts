/** The endpoints and the permission that each needs. */
import type { Area, Right } from "./access.ts";
import { rateLimitBody } from "./bodies.ts";
import { privateUserBody, repositoryBody } from "./repository.ts";
import { ok, type RestCall, type RestContext } from "./call.ts";
import type { Answer } from "./http.ts";
import {
  createComment,
  createIssue,
  createLabel,
  getIssue,
  getLabel,
  listComments,
  listIssues,
  listLabels,
  updateIssue,
} from "./issues.ts";
import { cancelRun, getJob, getRun, jobLogs, listJobs, listRuns, listWorkflowRuns, runLogs } from "./runs.ts";
import { listEnvironmentSecrets, listSecrets } from "./secrets.ts";
import { dispatch, fireSchedule, getWorkflow, listWorkflows, switchWorkflow } from "./workflows.ts";

export interface Route {
  method: string;
  /** Of the path after the repository for `repository`, of the whole path otherwise. */
  path: RegExp;
  scope: "repository" | "site";
  /** The area of the needed {@link right}. */
  area: Area;
  right: Right;
  /** `null`: the request is never answered. */
  handle(context: RestContext, call: RestCall): Answer | null | Promise<Answer | null>;
}

export const ROUTES: readonly Route[] = [
  site("GET", /^\/user$/, ({ site }) => ok(privateUserBody(site))),
  site("GET", /^\/rate_limit$/, () => ok(rateLimitBody())),
  repository("GET", /^$/, "none", ({ site }) => ok(repositoryBody(site))),
  repository("GET", /^\/actions\/workflows$/, "read", listWorkflows),
  repository("GET", /^\/actions\/workflows\/([^/]+)$/, "read", getWorkflow),
  repository("POST", /^\/actions\/workflows\/([^/]+)\/dispatches$/, "write", dispatch),
  repository("PUT", /^\/actions\/workflows\/([^/]+)\/(enable|disable)$/, "write", switchWorkflow),
  repository("GET", /^\/actions\/workflows\/([^/]+)\/runs$/, "read", listWorkflowRuns),
  repository("GET", /^\/actions\/runs$/, "read", (context, call) => listRuns(context, call, () => true)),
  repository("GET", /^\/actions\/runs\/(\d+)$/, "read", getRun),
  repository("GET", /^\/actions\/runs\/(\d+)\/jobs$/, "read", listJobs),
  repository("POST", /^\/actions\/runs\/(\d+)\/cancel$/, "write", cancelRun),
  repository("GET", /^\/actions\/runs\/(\d+)\/logs$/, "read", runLogs),
  repository("GET", /^\/actions\/jobs\/(\d+)$/, "read", getJob),
  repository("GET", /^\/actions\/jobs\/(\d+)\/logs$/, "read", jobLogs),
  secrets("GET", /^\/actions\/secrets$/, "read", listSecrets),
  environments("GET", /^\/environments\/([^/]+)\/secrets$/, "read", listEnvironmentSecrets),
  issues("GET", /^\/issues$/, "read", listIssues),
  issues("POST", /^\/issues$/, "write", createIssue),
  issues("GET", /^\/issues\/(\d+)$/, "read", getIssue),
  issues("PATCH", /^\/issues\/(\d+)$/, "write", updateIssue),
  issues("GET", /^\/issues\/(\d+)\/comments$/, "read", listComments),
  issues("POST", /^\/issues\/(\d+)\/comments$/, "write", createComment),
  issues("GET", /^\/labels$/, "read", listLabels),
  issues("POST", /^\/labels$/, "write", createLabel),
  issues("GET", /^\/labels\/([^/]+)$/, "read", getLabel),
  site("POST", /^\/_local\/schedule\/([^/]+)$/, fireSchedule, "write"),
];

function site(method: string, path: RegExp, handle: Route["handle"], right: Right = "none"): Route {
  return { method, path, scope: "site", area: "actions", right, handle };
}

function repository(method: string, path: RegExp, right: Right, handle: Route["handle"]): Route {
  return { method, path, scope: "repository", area: "actions", right, handle };
}

function secrets(method: string, path: RegExp, right: Right, handle: Route["handle"]): Route {
  return { method, path, scope: "repository", area: "secrets", right, handle };
}

function environments(method: string, path: RegExp, right: Right, handle: Route["handle"]): Route {
  return { method, path, scope: "repository", area: "environments", right, handle };
}

function issues(method: string, path: RegExp, right: Right, handle: Route["handle"]): Route {
  return { method, path, scope: "repository", area: "issues", right, handle };
}
