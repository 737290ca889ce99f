/** Issues, comments and labels over REST: the Octokit used checks each response against GitHub's description. */
import { Octokit } from "@octokit/rest";
import { describe, expect, it } from "vitest";
import { OWNER, refusal, REPO, startForTest, TOKEN } from "../test_github.ts";

const where = { owner: OWNER, repo: REPO };
const start = startForTest();

describe("issues", () => {
  it("are opened with labels, found by them, changed and closed", async () => {
    const { octokit } = await start({});
    const { rest: { issues } } = octokit;
    const { data: first } = await issues.create({ ...where, title: "A", body: "text", labels: ["alarm"] });
    const { data: second } = await issues.create({ ...where, title: "B" });
    expect([first.number, second.number]).toEqual([1, 2]);
    const list = async (query: { labels?: string; state?: "open" | "closed" | "all" }) =>
      (await issues.listForRepo({ ...where, ...query })).data.map(({ number }) => number);
    expect(await list({})).toEqual([2, 1]);
    expect(await list({ labels: "Alarm" })).toEqual([1]);
    expect(await list({ labels: "alarm,other" })).toEqual([]);
    const number = { ...where, issue_number: 1 };
    await issues.update({ ...number, body: "newer", state: "closed", state_reason: "completed" });
    const { data: closed } = await issues.get(number);
    expect(closed).toMatchObject({ title: "A", body: "newer", state: "closed", state_reason: "completed" });
    expect(closed.closed_at).toEqual(expect.any(String));
    expect(await list({})).toEqual([2]);
    expect(await list({ state: "all" })).toEqual([2, 1]);
    await issues.update({ ...number, state: "open" });
    expect((await issues.get(number)).data).toMatchObject({ closed_at: null, state_reason: "reopened" });
  });

  it("are listed page by page, with the links that Octokit follows", async () => {
    const { github } = await start({});
    const octokit = new Octokit({ baseUrl: github.url, auth: TOKEN });
    for (const title of ["a", "b", "c", "d", "e"]) await octokit.rest.issues.create({ ...where, title });
    const titles = (await octokit.paginate(octokit.rest.issues.listForRepo, { ...where, per_page: 2 }))
      .map(({ title }) => title);
    expect(titles).toEqual(["e", "d", "c", "b", "a"]);
  });

  it("have comments in their order", async () => {
    const { octokit: { rest: { issues } } } = await start({});
    await issues.create({ ...where, title: "A" });
    const number = { ...where, issue_number: 1 };
    await issues.createComment({ ...number, body: "one" });
    await issues.createComment({ ...number, body: "two" });
    expect((await issues.listComments(number)).data.map(({ body }) => body)).toEqual(["one", "two"]);
    expect((await issues.get(number)).data.comments).toBe(2);
  });

  it("are refused without a title, for an invalid number, and to tokens without the permission", async () => {
    const test = await start({}, { otherTokens: { reader: "read", stranger: "none" } });
    const { octokit: { rest: { issues } } } = test;
    expect(await refusal(issues.create({ ...where, title: "" }))).toEqual([422, "Validation Failed"]);
    expect(await refusal(issues.get({ ...where, issue_number: 9 }))).toEqual([404, "Not Found"]);
    const forbidden = [403, "Resource not accessible by personal access token"];
    expect(await refusal(test.as("reader").rest.issues.create({ ...where, title: "A" }))).toEqual(forbidden);
    expect(await refusal(test.as("stranger").rest.issues.listForRepo(where))).toEqual(forbidden);
    expect((await test.as("reader").rest.issues.listForRepo(where)).data).toEqual([]);
  });
});

describe("labels", () => {
  it("are created once, by name in any case, also by an issue that names them", async () => {
    const { octokit: { rest: { issues } } } = await start({});
    const label = { ...where, name: "alarm", color: "b60205", description: "d" };
    expect((await issues.createLabel(label)).data).toMatchObject({ name: "alarm", color: "b60205" });
    expect(await refusal(issues.createLabel({ ...label, name: "ALARM" }))).toEqual([
      422,
      "Validation Failed",
    ]);
    await issues.create({ ...where, title: "A", labels: ["alarm", "new one"] });
    expect((await issues.listLabelsForRepo(where)).data.map(({ name }) => name)).toEqual([
      "alarm",
      "new one",
    ]);
    expect((await issues.getLabel({ ...where, name: "new one" })).data.color).toBe("ededed");
    expect(await refusal(issues.getLabel({ ...where, name: "none" }))).toEqual([404, "Not Found"]);
  });
});

describe("a token that expires", () => {
  it("has its expiry in each response", async () => {
    const test = await start({}, {
      otherTokens: { short: "read" },
      tokenExpiries: { short: "2026-12-24 10:00:00 UTC" },
    });
    const header = "github-authentication-token-expiration";
    expect((await test.as("short").rest.rateLimit.get()).headers[header]).toBe("2026-12-24 10:00:00 UTC");
    expect((await test.octokit.rest.rateLimit.get()).headers[header]).toBeUndefined();
  });
});
