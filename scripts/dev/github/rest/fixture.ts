/** For tests of the REST side: a repository with a workflow of each kind. */
import { afterAll, beforeAll } from "vitest";
import { startTestGitHub, type TestGitHub, workflowOf } from "../test_github.ts";

const INPUTS = `
name: With inputs
run-name: Run \${{ inputs.id || 'of the schedule' }}
on:
  workflow_dispatch:
    inputs:
      target: {type: choice, options: [prod, dev], default: prod}
      key: {type: string, required: true}
      flag: {type: boolean}
      id: {type: string}
  schedule:
    - cron: "10 3 * * *"
jobs:
  job:
    name: The job
    runs-on: [self-hosted, large]
    steps:
      - run: echo "\$TARGET/\$KEY/\$FLAG"
        env: {TARGET: "\${{ inputs.target || 'none' }}", KEY: "\${{ inputs.key }}", FLAG: "\${{ inputs.flag }}"}
`;

/** Starts it before the tests of a file and stops it after them. */
export function startForFile(): () => TestGitHub {
  let test: TestGitHub | undefined;
  beforeAll(async () => {
    test = await startTestGitHub({
      "inputs.yml": INPUTS,
      "plain.yml": workflowOf("- run: echo plain"),
      "slow.yml": workflowOf("- run: sleep 60"),
      "push.yml": "on: push\njobs: {a: {runs-on: x, steps: [{run: echo}]}}",
      "broken.yml": "on: workflow_dispatch\njobs: {a: {runs-on: x, stepz: []}}",
    }, { otherTokens: { reader: "read", stranger: "none" } });
  });
  afterAll(() => test?.stop());
  return () => {
    if (test === undefined) throw new Error("The local GitHub has not been started yet");
    return test;
  };
}
