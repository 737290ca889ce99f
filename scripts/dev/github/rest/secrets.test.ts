/** The names of the repository's secrets: which tokens may list them, and that values are never listed. */
import { expect, it } from "vitest";
import { OWNER, refusal, REPO, startForTest } from "../test_github.ts";

const start = startForTest();

it("lists names without values, with the permission to read them", async () => {
  const test = await start({}, {
    secrets: { R2_ENDPOINT: "https://vault.example", R2_BUCKET: "backups" },
    otherTokens: { runs: { actions: "write" } },
  });
  const where = { owner: OWNER, repo: REPO };
  const { data } = await test.octokit.rest.actions.listRepoSecrets(where);
  expect(data.secrets.map(({ name }) => name)).toEqual(["R2_BUCKET", "R2_ENDPOINT"]);
  expect(JSON.stringify(data)).not.toContain("vault.example");
  expect(await refusal(test.as("runs").rest.actions.listRepoSecrets(where))).toEqual([
    403,
    "Resource not accessible by personal access token",
  ]);
});
