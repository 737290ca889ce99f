/** The endpoints of issues, their comments and labels. */
import { z } from "zod";
import type { IssueRecord } from "../issues.ts";
import { page, type RestCall, type RestContext } from "./call.ts";
import { type Answer, HttpError } from "./http.ts";
import { commentBody, issueBody, labelBody } from "./issue_bodies.ts";
import { api, type Site } from "./repository.ts";

const labels = z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]));
const title = z.union([z.string().min(1), z.number().transform(String)]);
const newIssue = z.object({ title, body: z.string().nullish(), labels: labels.default([]) });
const changedIssue = z.object({
  title: title.optional(),
  body: z.string().nullish(),
  labels: labels.optional(),
  state: z.enum(["open", "closed"]).optional(),
  state_reason: z.enum(["completed", "not_planned", "reopened", "duplicate"]).nullish(),
});
const newComment = z.object({ body: z.string().min(1) });
const newLabel = z.object({
  name: z.string().min(1),
  color: z.string().regex(/^[0-9a-fA-F]{6}$/).optional(),
  description: z.string().max(100).optional(),
});

export function listIssues({ site, issues }: RestContext, { query }: RestCall): Answer {
  const state = query.get("state") ?? "open";
  const wanted = (query.get("labels") ?? "").toLowerCase().split(",").filter((name) => name !== "");
  const found = issues.all().filter((issue) =>
    (state === "all" || issue.state === state) &&
    wanted.every((name) => issue.labels.some((label) => label.name.toLowerCase() === name))
  );
  return list(site, "/issues", found, query, (issue) => issueBody(site, issue));
}

export async function createIssue({ site, issues }: RestContext, call: RestCall): Promise<Answer> {
  const { title, body, labels } = valid(newIssue, await call.body());
  const issue = issues.open(title, body ?? null, labels);
  return { status: 201, body: issueBody(site, issue) };
}

export function getIssue(context: RestContext, call: RestCall): Answer {
  return { status: 200, body: issueBody(context.site, requireIssue(context, call)) };
}

export async function updateIssue(context: RestContext, call: RestCall): Promise<Answer> {
  const issue = requireIssue(context, call);
  const { state_reason, ...change } = valid(changedIssue, await call.body());
  context.issues.change(issue, { ...change, stateReason: state_reason });
  return { status: 200, body: issueBody(context.site, issue) };
}

export function listComments(context: RestContext, call: RestCall): Answer {
  const issue = requireIssue(context, call);
  const path = `/issues/${issue.number}/comments`;
  const show = (comment: IssueRecord["comments"][number]) => commentBody(context.site, issue, comment);
  return list(context.site, path, issue.comments, call.query, show);
}

export async function createComment(context: RestContext, call: RestCall): Promise<Answer> {
  const issue = requireIssue(context, call);
  const comment = context.issues.comment(issue, valid(newComment, await call.body()).body);
  return { status: 201, body: commentBody(context.site, issue, comment) };
}

export function listLabels({ site, issues }: RestContext, { query }: RestCall): Answer {
  return list(site, "/labels", issues.labels(), query, (label) => labelBody(site, label));
}

export function getLabel({ site, issues }: RestContext, { params: [name = ""] }: RestCall): Answer {
  const label = issues.label(name);
  if (label === null) throw new HttpError(404, "Not Found");
  return { status: 200, body: labelBody(site, label) };
}

export async function createLabel({ site, issues }: RestContext, call: RestCall): Promise<Answer> {
  const { name, color, description } = valid(newLabel, await call.body());
  if (issues.label(name) !== null) throw new HttpError(422, "Validation Failed");
  return { status: 201, body: labelBody(site, issues.addLabel(name, color, description)) };
}

function requireIssue({ issues }: RestContext, { params: [number] }: RestCall): IssueRecord {
  const issue = issues.find(Number(number));
  if (issue === null) throw new HttpError(404, "Not Found");
  return issue;
}

function valid<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new HttpError(422, "Validation Failed");
}

/** A bare list; the link to its next page is in the header `link`, which Octokit follows. */
function list<T>(
  site: Site,
  path: string,
  all: readonly T[],
  query: URLSearchParams,
  show: (each: T) => unknown,
): Answer {
  const number = Math.max(Number(query.get("page") ?? 1) || 1, 1);
  const next = new URLSearchParams(query);
  next.set("page", String(number + 1));
  const more = page(all, next).length > 0;
  const headers = more ? { link: `<${api(site)}${path}?${next}>; rel="next"` } : undefined;
  return { status: 200, body: page(all, query).map(show), headers };
}
