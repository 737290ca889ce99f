/** Bodies of the REST API for the repository and its owner: GitHub's fields under GitHub's names. */

/** The address of the local GitHub, and its repository. */
export interface Site {
  url: string;
  /** `owner/name` */
  repository: string;
  branch: string;
  startedAt: Date;
}

/** Address of the repository in the REST API. */
export function api(site: Site): string {
  return `${site.url}/repos/${site.repository}`;
}

/** The id that GitHub's GraphQL API would have for it; opaque. */
export function nodeId(kind: string, id: number): string {
  return Buffer.from(`${kind}:${id}`).toString("base64");
}

const REPOSITORY_LINKS = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
  url: "",
};

const USER_LINKS = {
  events_url: "/events{/privacy}",
  followers_url: "/followers",
  following_url: "/following{/other_user}",
  gists_url: "/gists{/gist_id}",
  organizations_url: "/orgs",
  received_events_url: "/received_events",
  repos_url: "/repos",
  starred_url: "/starred{/owner}{/repo}",
  subscriptions_url: "/subscriptions",
  url: "",
};

function links(base: string, suffixes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(suffixes).map(([name, suffix]) => [name, base + suffix]));
}

/** The user who owns the repository, the only user. */
export function userBody(site: Site) {
  const [login = ""] = site.repository.split("/");
  return {
    login,
    id: 1,
    node_id: nodeId("User", 1),
    avatar_url: `${site.url}/${login}.png`,
    gravatar_id: "",
    html_url: `${site.url}/${login}`,
    ...links(`${site.url}/users/${login}`, USER_LINKS),
    type: "User",
    user_view_type: "public",
    site_admin: false,
  };
}

/** The repository as part of other bodies. */
export function minimalRepositoryBody(site: Site) {
  return {
    id: 1,
    node_id: nodeId("Repository", 1),
    name: site.repository.split("/")[1] ?? "",
    full_name: site.repository,
    owner: userBody(site),
    private: true,
    html_url: `${site.url}/${site.repository}`,
    description: null,
    fork: false,
    ...links(`${site.url}/repos/${site.repository}`, REPOSITORY_LINKS),
  };
}

/** The repository as a body of its own. */
export function repositoryBody(site: Site) {
  const at = site.startedAt.toISOString();
  const web = `${site.url}/${site.repository}`;
  const counts = {
    forks: 0,
    forks_count: 0,
    open_issues: 0,
    open_issues_count: 0,
    watchers: 0,
    watchers_count: 0,
  };
  return {
    ...minimalRepositoryBody(site),
    ...counts,
    clone_url: `${web}.git`,
    git_url: `${web}.git`,
    ssh_url: `${web}.git`,
    svn_url: web,
    mirror_url: null,
    homepage: null,
    language: "TypeScript",
    license: null,
    default_branch: site.branch,
    size: 0,
    stargazers_count: 0,
    subscribers_count: 0,
    network_count: 0,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: "private",
    pushed_at: at,
    created_at: at,
    updated_at: at,
  };
}

/** The owner as the response to the owner's own request. */
export function privateUserBody(site: Site) {
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0, private_gists: 0 };
  const owned = { total_private_repos: 1, owned_private_repos: 1, disk_usage: 0, collaborators: 0 };
  const texts = {
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
  };
  const at = site.startedAt.toISOString();
  const dates = { created_at: at, updated_at: at };
  return { ...userBody(site), ...texts, ...counts, ...owned, ...dates, two_factor_authentication: true };
}
