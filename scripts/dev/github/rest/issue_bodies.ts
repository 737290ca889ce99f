/** Bodies of the REST API for issues, comments and labels: GitHub's fields under GitHub's names. */
import type { CommentRecord, IssueRecord, LabelRecord } from "../issues.ts";
import { api, nodeId, type Site, userBody } from "./repository.ts";

export function issueBody(site: Site, issue: IssueRecord) {
  const url = `${api(site)}/issues/${issue.number}`;
  const user = userBody(site);
  return {
    id: issue.id,
    node_id: nodeId("Issue", issue.id),
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    state_reason: issue.stateReason,
    locked: false,
    active_lock_reason: null,
    labels: issue.labels.map((label) => labelBody(site, label)),
    user,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: issue.comments.length,
    author_association: "OWNER",
    created_at: issue.createdAt.toISOString(),
    updated_at: issue.updatedAt.toISOString(),
    closed_at: issue.closedAt?.toISOString() ?? null,
    closed_by: issue.closedAt === null ? null : user,
    url,
    html_url: `${site.url}/${site.repository}/issues/${issue.number}`,
    repository_url: api(site),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
  };
}

export function commentBody(site: Site, issue: IssueRecord, comment: CommentRecord) {
  const at = comment.createdAt.toISOString();
  return {
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    body: comment.body,
    user: userBody(site),
    author_association: "OWNER",
    created_at: at,
    updated_at: at,
    url: `${api(site)}/issues/comments/${comment.id}`,
    html_url: `${site.url}/${site.repository}/issues/${issue.number}#issuecomment-${comment.id}`,
    issue_url: `${api(site)}/issues/${issue.number}`,
  };
}

export function labelBody(site: Site, { id, name, color, description }: LabelRecord) {
  const url = `${api(site)}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: nodeId("Label", id), url, name, color, description, default: false };
}
