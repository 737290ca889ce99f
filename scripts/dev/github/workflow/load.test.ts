/** The local GitHub refuses files that it cannot run, with the reason. */
import { describe, expect, it } from "vitest";
import { dispatch, startForTest, workflowOf } from "../test_github.ts";

const start = startForTest();

describe("an unsupported workflow", () => {
  const job = (more: string) =>
    `on: workflow_dispatch\njobs:\n  job:\n    runs-on: x\n    ${more}\n    steps: [{run: echo}]\n`;
  it.each([
    ["a matrix", job("strategy: {matrix: {a: [1]}}"), /jobs\.job: .*"strategy"/],
    ["a container", job("container: alpine"), /"container"/],
    ["services", job("services: {db: {image: postgres}}"), /"services"/],
    ["an environment with an address", job("environment: {name: a, url: b}"), /environment/],
    [
      "an unknown action",
      workflowOf("- uses: actions/upload-artifact@v4"),
      /does not know the action 'actions\/upload-artifact@v4'/,
    ],
    [
      "an action that is not there",
      workflowOf("- uses: ./nowhere"),
      /Cannot find action.yml or action.yaml under '.\/nowhere'/,
    ],
    ["another shell", workflowOf("- {run: echo, shell: python}"), /shell/],
    ["an unknown context", workflowOf("- run: echo ${{ nope.x }}"), /Unrecognized named-value: 'nope'/],
    [
      "a bad cron",
      "on: {schedule: [{cron: nope}], workflow_dispatch: }\njobs: {a: {runs-on: x, steps: [{run: echo}]}}",
      /cron/i,
    ],
    [
      "an unknown need",
      job("needs: missing") + "  other: {runs-on: x, steps: [{run: echo}]}\n",
      /unknown job 'missing'/,
    ],
    [
      "a circle of needs",
      "on: workflow_dispatch\njobs:\n  a: {runs-on: x, steps: [{run: echo}]}\n  b: {runs-on: x, needs: c, steps: [{run: echo}]}\n  c: {runs-on: x, needs: b, steps: [{run: echo}]}",
      /b/,
    ],
    ["broken YAML", "on: push\n  jobs: [", /./],
  ])("is refused when it is dispatched: %s", async (_, text, message) => {
    const test = await start({ "a.yml": text });
    const refused = { status: 422, message: expect.stringMatching(message) };
    await expect(dispatch(test, "a.yml")).rejects.toMatchObject(refused);
  });
});
