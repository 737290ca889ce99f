/** Authorization of requests, and the check of each response against GitHub's description. */
import { describe, expect, it } from "vitest";
import { contractFaults } from "../openapi/contract.ts";
import { OWNER, refusal, REPO, requestDispatch } from "../test_github.ts";
import { startForFile } from "./fixture.ts";

const where = { owner: OWNER, repo: REPO };
const github = startForFile();

describe("the contract check itself", () => {
  it("finds a missing field, a wrong type, and a status and an error that GitHub does not have", () => {
    const run = "/repos/{owner}/{repo}/actions/runs/{run_id}";
    expect(contractFaults("GET", run, 200, {}).length).toBeGreaterThan(20);
    expect(contractFaults("GET", "/rate_limit", 200, { rate: 1, resources: {} })).toContain(
      "/rate must be object",
    );
    expect(contractFaults("GET", run, 201, {})).toEqual([`GET ${run} never answers 201`]);
    expect(contractFaults("GET", run, 404, { error: "no" })).not.toEqual([]);
  });
});

describe("the token of a request", () => {
  it("gets 401 without a token and with a wrong one", async () => {
    const get = (token: string | undefined) => github().as(token).rest.actions.listRepoWorkflows(where);
    expect(await refusal(get(undefined))).toEqual([401, "Requires authentication"]);
    expect(await refusal(get("ghp_wrong"))).toEqual([401, "Bad credentials"]);
  });

  it("gets 403 for a token without the permission", async () => {
    const message = "Resource not accessible by personal access token";
    expect(await refusal(requestDispatch(github().as("reader"), "inputs.yml", { inputs: { key: "k" } })))
      .toEqual([
        403,
        message,
      ]);
    expect(await refusal(github().as("stranger").rest.actions.listRepoWorkflows(where))).toEqual([
      403,
      message,
    ]);
    await github().as("reader").rest.actions.listRepoWorkflows(where);
    await github().as("stranger").rest.repos.get(where);
  });

  it("reads the user, the limits and one repository", async () => {
    expect((await github().octokit.rest.users.getAuthenticated()).data.login).toBe(OWNER);
    expect((await github().octokit.rest.rateLimit.get()).data.rate.remaining).toBe(5000);
    expect((await github().octokit.rest.repos.get(where)).data.default_branch).toBe("main");
    expect(await refusal(github().octokit.rest.repos.get({ ...where, repo: "other" }))).toEqual([
      404,
      "Not Found",
    ]);
    const longer = { ...where, repo: `${REPO}x` };
    expect(await refusal(github().octokit.rest.actions.listRepoWorkflows(longer))).toEqual([
      404,
      "Not Found",
    ]);
  });
});
