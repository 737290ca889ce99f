/** The names of the repository's secrets: which tokens may list them, and that values are never listed. */
import { expect, it } from "vitest";
import { dispatch, OWNER, refusal, REPO, startForTest, waitForRun } from "../test_github.ts";

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

it("lists the names of an environment's secrets, and gives them to the jobs of this environment alone", async () => {
  const text = (environment: string) =>
    "on: {workflow_dispatch: {inputs: {name: {type: string, required: false}}}}\njobs:\n" +
    `  job:\n    runs-on: x\n${environment}    env: {FOUND: "\${{ secrets.S }}"}\n    steps:\n` +
    '      - run: test "$FOUND" = of-write\n';
  const test = await start({
    "in.yml": text("    environment: ${{ inputs.name }}\n"),
    "out.yml": text(""),
  }, {
    secrets: { S: "of-all" },
    environments: { read: { S: "of-read" }, write: { S: "of-write", B: "b" } },
  });
  const conclusionOf = async (file: string, inputs: Record<string, string> = {}) =>
    (await waitForRun(test, await dispatch(test, file, inputs))).conclusion;
  expect(await conclusionOf("in.yml", { name: "write" })).toBe("success");
  expect(await conclusionOf("in.yml", { name: "read" })).toBe("failure");
  expect(await conclusionOf("out.yml")).toBe("failure");
  const where = { owner: OWNER, repo: REPO, environment_name: "write" };
  const { data } = await test.octokit.rest.actions.listEnvironmentSecrets(where);
  expect(data.secrets.map(({ name }) => name)).toEqual(["B", "S"]);
  const none = test.octokit.rest.actions.listEnvironmentSecrets({ ...where, environment_name: "none" });
  expect(await refusal(none)).toEqual([404, "Not Found"]);
});
